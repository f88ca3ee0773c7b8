import { renameSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ModelError } from "@parade/core"
import type { WeightsError } from "@parade/core"
import { makeFolders } from "@parade/graph"
import { floatBytes, type FloatType, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { TensorPlaces } from "./weight-places.ts"

/** What a trained model is written from. */
export interface TrainedModel {
  /** What `config.json` says, as it was read to make the architecture. */
  readonly config: Readonly<Record<string, unknown>>
  /** What `tokenizer.json` says, where the model has one. */
  readonly tokenizer?: Readonly<Record<string, unknown>>
  readonly places: readonly TensorPlaces[]
  /** The numbers of a parameter, laid out as it is trained. */
  readonly read: (identity: string) => Float32Array
  /** What the weights are rounded to; `F32` when left out. */
  readonly type?: FloatType
  /** Kept in the header of the weights: seed, data, steps. */
  readonly metadata?: Readonly<Record<string, string>>
}

const writeJson = (folder: string, name: string, value: unknown): void => {
  const path = join(folder, name)
  writeFileSync(`${path}.tmp`, `${JSON.stringify(value, null, 2)}\n`)
  renameSync(`${path}.tmp`, path)
}

/** Writes a trained model as a checkpoint that can be loaded: config, tokenizer, and weights by the names of its family. */
export const saveModel = (
  folder: string,
  { config, tokenizer, places, read, type = "F32", metadata = {} }: TrainedModel,
): Effect.Effect<void, ModelError | WeightsError> =>
  Effect.gen(function* () {
    yield* Effect.try({
      try: () => {
        makeFolders(folder)
        writeJson(folder, "config.json", config)
        if (tokenizer !== undefined) writeJson(folder, "tokenizer.json", tokenizer)
      },
      catch: (cause) =>
        new ModelError({
          code: "model.cannot-save",
          advice: "Check that there is room and that you may write there.",
          message: `The model cannot be written: ${cause instanceof Error ? cause.message : String(cause)}.`,
          path: folder,
          fault: "environment",
          cause,
        }),
    })
    const tensors = places.map(({ name, shape, collect }) => ({
      name,
      type,
      shape,
      bytes: () => floatBytes(collect(read), type),
    }))
    yield* writeSafetensors(join(folder, "model.safetensors"), tensors, { format: "pt", ...metadata })
  })
