import type { Attention } from "@parade/layers"
import { normals } from "@parade/training"
import { freshTensors, readArchitecture, type TrainingRequest } from "@parade/transformer"
import type { ModelSettings } from "./settings.ts"

/**
 * A model as it is trained from nothing: weights drawn from the seed, `batch` sequences of `length` rows.
 *
 * @param model - what its `config.json` says
 * @throws ModelError where that is of no model.
 */
export const freshRequest = (
  recipe: string,
  model: Readonly<Record<string, unknown>>,
  attention: Attention,
  { seed, batch, length }: Pick<ModelSettings, "seed" | "batch" | "length">,
): TrainingRequest => {
  const architecture = readArchitecture(model, recipe)
  return {
    architecture,
    attention,
    tensors: freshTensors(architecture, attention, normals(seed)),
    sequences: { count: batch, length },
  }
}
