import type { Cache, Model, ParadeError } from "@parade/core"
import { tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"

const logSumExp = (row: Float32Array): number => {
  let greatest = -Infinity
  for (let i = 0; i < row.length; i++) if (row[i]! > greatest) greatest = row[i]!
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += Math.exp(row[i]! - greatest)
  return greatest + Math.log(sum)
}

/**
 * The negative log-likelihood, in nats, of each token but the first, given those before it. The text passes through
 * the cache in chunks of `chunk` rows, which bounds the memory for logits.
 */
export const tokenLosses = (
  model: Model,
  cache: Cache,
  tokens: readonly number[],
  chunk = 64,
): Effect.Effect<Float64Array, ParadeError> =>
  Effect.gen(function* () {
    const losses = new Float64Array(Math.max(0, tokens.length - 1))
    for (let from = 0; from < losses.length; from += chunk) {
      const some = tokens.slice(from, Math.min(from + chunk, losses.length))
      const rows = some.map((_, i) => i)
      const { logits } = yield* model.forward(tokenRows(some, from), {
        cache,
        phase: "prefill",
        outputs: [{ name: "logits", rows }],
      })
      for (const i of rows) {
        const row = logits!.row(i)
        losses[from + i] = logSumExp(row) - row[tokens[from + i + 1]!]!
      }
      yield* cache.commit(rows)
    }
    return losses
  })
