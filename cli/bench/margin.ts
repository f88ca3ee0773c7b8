import { type CacheFactory, type DecodeFailure, type Model, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"

const chunk = 256

/**
 * How far apart the two best tokens are after `tokens`, in logits. Numerics decide between them where this is small:
 * several rows at once take other kernels than one.
 */
export const topTwoMargin = (
  model: Model,
  caches: CacheFactory,
  tokens: readonly number[],
): Effect.Effect<number, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      let margin = Number.NaN
      for (let start = 0; start < tokens.length; start += chunk) {
        const part = tokens.slice(start, start + chunk)
        const last = start + part.length === tokens.length
        const outputs = yield* model.forward(tokenRows(part, start), {
          cache,
          phase: "prefill",
          outputs: last ? [{ name: "logits", rows: [part.length - 1] }] : [],
        })
        yield* cache.commit(part.map((_, row) => row))
        if (last) margin = gap(outputs["logits"]!.row(0))
      }
      return margin
    }),
  )

const gap = (logits: Float32Array): number => {
  let first = Number.NEGATIVE_INFINITY
  let second = Number.NEGATIVE_INFINITY
  for (const value of logits) {
    if (value > first) {
      second = first
      first = value
    } else if (value > second) second = value
  }
  return first - second
}
