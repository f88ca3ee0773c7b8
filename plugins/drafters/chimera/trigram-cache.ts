import type { DeviceError, ModelError } from "@parade/core"
import * as Effect from "effect/Effect"

export type Trigram = readonly [number, number, number]

type Encode = (trigrams: readonly Trigram[]) => Effect.Effect<Float32Array, ModelError | DeviceError>

/** The vectors of trigrams, kept by the ordered triple: those least recently used go first. */
export interface TrigramCache {
  /** `[trigrams, width]`, in their order. */
  readonly vectors: Encode
  readonly size: () => number
}

/** A cache of at most `limit` vectors of `width` floats over what `encode` gives. */
export const trigramCache = (encode: Encode, width: number, limit: number): TrigramCache => {
  // A map keeps the order of insertion: what is used goes to its end.
  const known = new Map<string, Float32Array>()
  return {
    size: () => known.size,
    vectors: (trigrams) =>
      Effect.gen(function* () {
        const keys = trigrams.map((trigram) => trigram.join())
        const missing = new Map(keys.flatMap((key, i) => (known.has(key) ? [] : [[key, trigrams[i]!]])))
        const found = new Map<string, Float32Array>()
        if (missing.size > 0) {
          const rows = yield* encode([...missing.values()])
          for (const [i, key] of [...missing.keys()].entries())
            found.set(key, rows.slice(i * width, (i + 1) * width))
        }
        const vectors = new Float32Array(trigrams.length * width)
        for (const [i, key] of keys.entries()) {
          const vector = found.get(key) ?? known.get(key)!
          vectors.set(vector, i * width)
          found.set(key, vector)
        }
        for (const [key, vector] of found) {
          known.delete(key)
          known.set(key, vector)
        }
        for (const key of known.keys()) {
          if (known.size <= limit) break
          known.delete(key)
        }
        return vectors
      }),
  }
}
