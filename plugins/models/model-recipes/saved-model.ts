import { join } from "node:path"
import { type Model, type ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import type { RecipeRun } from "@parade/recipes"
import { type ParameterStore, readFeed, writeWhole } from "@parade/training"
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
import { saveAdapters, type TrainedAdapters } from "./saved-adapters.ts"

/** A model as a recipe trains it. */
export interface TrainedAs {
  /** The recipe's name. */
  readonly recipe: string
  readonly request: TrainingRequest
  /** What `config.json` says. */
  readonly config: Readonly<Record<string, unknown>>
  /** What `generation_config.json` says, if there is one. */
  readonly generation?: Readonly<Record<string, unknown>>
  /** Not its weights were trained but corrections of low rank beside them, which is all that is written. */
  readonly adapters?: TrainedAdapters
}

/** Writes config and weights, or adapters, beside the tokenizer, which is there already. */
export const saveTrained = (
  { folder, steps }: RecipeRun,
  { recipe, request, config, generation, adapters }: TrainedAs,
  store: ParameterStore,
): Effect.Effect<void, ParadeError> =>
  Effect.gen(function* () {
    const values = new Map<string, Float32Array>()
    for (const [name, { value }] of store.states)
      values.set(name, yield* Effect.promise(() => readFeed(value)))
    const places = weightPlaces(request)
    const metadata = { recipe, steps: String(steps) }
    if (adapters !== undefined) yield* saveAdapters(folder, adapters, places, values, metadata)
    else
      yield* saveModel(folder, {
        config,
        places,
        read: (identity) => values.get(identity)!,
        type: "F16",
        metadata,
      })
    if (generation !== undefined)
      yield* writeWhole(join(folder, "generation_config.json"), `${JSON.stringify(generation, null, 2)}\n`)
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
