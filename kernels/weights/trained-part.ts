import { join } from "node:path"
import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import { finiteValues } from "./finite.ts"
import { readJsonObject } from "./_json-file.ts"
import { openSafetensors } from "./safetensors.ts"

/** How the trained part of a method lies in a folder: what is known of it as JSON, its weights as safetensors. */
export interface PartFormat<F> {
  /** What it is called at the beginning of a sentence. */
  readonly called: string
  /** Of failures, such as `weights.not-heads`. */
  readonly code: string
  /** The recipe that writes it, for advice. */
  readonly recipe: string
  /** `heads.json`. */
  readonly json: string
  /** `heads.safetensors`. */
  readonly tensors: string
  readonly schema: Schema.Codec<F, unknown>
}

/** The values of a tensor that has to have this shape. */
export type PartTensor = (name: string, shape: readonly number[]) => Effect.Effect<Float32Array, WeightsError>

/** Reads trained parts of one format. */
export interface PartReader<F> {
  /** The failure of a part that is not what its format says; of a file of it. */
  readonly damaged: (path: string, message: string, cause?: unknown) => WeightsError
  /** What the JSON says. */
  readonly file: (folder: string) => Effect.Effect<F, WeightsError>
  /** The weights, as long as the scope is open. */
  readonly tensors: (folder: string) => Effect.Effect<PartTensor, WeightsError, Scope>
}

/**
 * Reads trained parts that somebody else may have written: what is missing, of another shape or not finite is a
 * `WeightsError` with the format's code.
 *
 * ```ts
 * import { partReader } from "@parade/weights"
 * import * as Schema from "effect/Schema"
 *
 * const reader = partReader({
 *   called: "Heads",
 *   code: "weights.not-heads",
 *   recipe: "medusa",
 *   json: "heads.json",
 *   tensors: "heads.safetensors",
 *   schema: Schema.Struct({ width: Schema.Int }),
 * })
 * ```
 */
export const partReader = <F>({
  called,
  code,
  recipe,
  json,
  tensors,
  schema,
}: PartFormat<F>): PartReader<F> => {
  const damaged = (path: string, message: string, cause?: unknown): WeightsError =>
    new WeightsError({
      code,
      message,
      path,
      advice: `Name a folder that \`parade train ${recipe}\` has written.`,
      cause,
    })
  return {
    damaged,
    file(folder) {
      const path = join(folder, json)
      return Effect.try({
        try: () => readJsonObject(path) as unknown,
        catch: (cause) => damaged(path, `${called} cannot be read: ${(cause as Error).message}`, cause),
      }).pipe(
        Effect.flatMap(Schema.decodeUnknownEffect(schema)),
        Effect.catchTag("SchemaError", (cause) =>
          Effect.fail(damaged(path, `This is no ${json}: ${cause.message}`, cause)),
        ),
      )
    },
    tensors(folder) {
      const path = join(folder, tensors)
      return Effect.map(
        openSafetensors(path),
        (file): PartTensor =>
          (name, shape) =>
            Effect.try({
              try: () => {
                const tensor = file.tensors.get(name)
                if (tensor === undefined) throw damaged(path, `There is no tensor "${name}".`)
                if (tensor.shape.join() !== shape.join())
                  throw damaged(
                    path,
                    `"${name}" has the shape [${tensor.shape.join(", ")}]; by ${json} it should be [${shape.join(", ")}].`,
                  )
                return finiteValues(tensor)
              },
              catch: (cause) => (cause instanceof WeightsError ? cause : damaged(path, String(cause), cause)),
            }),
      )
    },
  }
}
