import type { Model, ParadeError } from "@parade/core"
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

/** Writes config and weights beside the tokenizer, which is there already. */
export const save = (
  { folder, steps }: RecipeRun,
  request: TrainingRequest,
  config: Readonly<Record<string, unknown>>,
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
      metadata: { recipe: "@parade/model-tiny-text", steps: String(steps) },
    })
  })

/** The model in the folder, as it decodes. */
export const openSaved = (
  { folder, device }: RecipeRun,
  attention: Attention,
): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.gen(function* () {
    const checkpoint = yield* openCheckpoint(folder)
    const tokenizer = yield* loadTokenizer(checkpoint)
    return yield* assemble({
      name: "model-tiny-text",
      architecture: readArchitecture(checkpoint.config, folder),
      attention,
      tensors: tensorsOf(checkpoint, "fp32"),
      device,
      dtype: "fp32",
      tokenizer,
      vocabularyFingerprint: () => tokenizer.fingerprint,
      endTokens: tokenizer.endTokens,
    })
  })
