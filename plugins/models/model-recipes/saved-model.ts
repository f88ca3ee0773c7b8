import { type Model, type ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import type { RecipeRun } from "@parade/recipes"
import { type ParameterStore, readFeed } from "@parade/training"
import {
  assemble,
  readArchitecture,
  saveModel,
  tensorsOf,
  type TrainingRequest,
  weightPlaces,
} from "@parade/transformer"
import { loadTokenizer, openCheckpoint } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** A model as a recipe trains it. */
export interface TrainedAs {
  /** The recipe's name. */
  readonly recipe: string
  readonly request: TrainingRequest
  /** What `config.json` says. */
  readonly config: Readonly<Record<string, unknown>>
}

/** Writes config and weights beside the tokenizer, which is there already. */
export const saveTrained = (
  { folder, steps }: RecipeRun,
  { recipe, request, config }: TrainedAs,
  store: ParameterStore,
): Effect.Effect<void, ParadeError> =>
  Effect.gen(function* () {
    const values = new Map<string, Float32Array>()
    for (const [name, { value }] of store.states)
      values.set(name, yield* Effect.promise(() => readFeed(value)))
    yield* saveModel(folder, {
      config,
      places: weightPlaces(request),
      read: (identity) => values.get(identity)!,
      type: "F16",
      metadata: { recipe, steps: String(steps) },
    })
  })

/** The model in the folder, as it decodes. */
export const openTrained = (
  { folder, device }: RecipeRun,
  name: string,
  attention: Attention,
): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.gen(function* () {
    const checkpoint = yield* openCheckpoint(folder)
    const tokenizer = yield* loadTokenizer(checkpoint)
    const { mask_token_id: maskToken } = checkpoint.config
    return yield* assemble({
      name,
      architecture: readArchitecture(checkpoint.config, folder),
      attention,
      tensors: tensorsOf(checkpoint, "fp32"),
      device,
      dtype: "fp32",
      tokenizer,
      vocabularyFingerprint: () => tokenizer.fingerprint,
      endTokens: tokenizer.endTokens,
      ...(typeof maskToken === "number" ? { maskToken } : {}),
    })
  })
