import { existsSync } from "node:fs"
import type { ParadeError } from "@parade/core"
import { joined } from "./_joined.ts"
import type { ModelText } from "./model-texts.ts"
import { floatBytes, openSafetensors, writeSafetensors } from "@parade/weights"
import * as Effect from "effect/Effect"

/** Texts to train on, and those that are only judged by. */
export interface SplitTexts {
  readonly train: readonly ModelText[]
  readonly heldOut: readonly ModelText[]
}

const parts = ["train", "heldOut"] as const

const writeTexts = (
  path: string,
  texts: SplitTexts,
  width: number,
  source: string,
): Effect.Effect<void, ParadeError> =>
  writeSafetensors(
    path,
    parts.flatMap((part) => {
      const some = texts[part]
      const tokens = Float32Array.from(some.flatMap((text) => [...text.tokens]))
      const places = Float32Array.from(some.flatMap((text) => [text.tokens.length, text.from]))
      const states = joined(some.map((text) => text.states))
      const floats = (name: string, shape: readonly number[], values: Float32Array) => ({
        name: `${part}.${name}`,
        type: "F32" as const,
        shape,
        bytes: () => floatBytes(values, "F32"),
      })
      return [
        floats("tokens", [tokens.length], tokens),
        floats("places", [some.length, 2], places),
        floats("states", [states.length / width, width], states),
      ]
    }),
    { source },
  )

const readTexts = (path: string, source: string): Effect.Effect<SplitTexts | undefined, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      if (!existsSync(path)) return undefined
      const { metadata, tensors } = yield* openSafetensors(path)
      if (metadata.get("source") !== source) return undefined
      const part = (name: string): readonly ModelText[] => {
        const states = tensors.get(`${name}.states`)!
        const width = states.shape[1]!
        const [tokens, places, all] = [
          tensors.get(`${name}.tokens`)!.values(),
          tensors.get(`${name}.places`)!.values(),
          states.values(),
        ]
        let token = 0
        let row = 0
        return Array.from({ length: places.length / 2 }, (_, i) => {
          const [length, from] = [places[2 * i]!, places[2 * i + 1]!]
          const text = {
            tokens: Int32Array.from(tokens.subarray(token, token + length)),
            from,
            states: all.slice(row * width, (row + length - 1) * width),
          }
          token += length
          row += length - 1
          return text
        })
      }
      return { train: part("train"), heldOut: part("heldOut") }
    }),
  )

/** The texts in a file where it holds those of this source, else what `collect` gives, which is then written there. */
export const keptTexts = (
  path: string,
  width: number,
  source: string,
  collect: Effect.Effect<SplitTexts, ParadeError>,
): Effect.Effect<SplitTexts, ParadeError> =>
  Effect.gen(function* () {
    const kept = yield* readTexts(path, source)
    if (kept !== undefined) return kept
    const texts = yield* collect
    yield* writeTexts(path, texts, width, source)
    return texts
  })
