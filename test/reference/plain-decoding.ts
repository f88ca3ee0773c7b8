import {
  type DecodeFailure,
  type FinishReason,
  makeHistory,
  type Model,
  type Sampler,
  tokenRows,
  uniform,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { range } from "../_rows.ts"
import { naiveCache } from "../caches/naive-cache.ts"

/** What plain decoding is asked. */
export interface PlainRequest {
  readonly prompt: ArrayLike<number>
  readonly maxTokens: number
  readonly seed: number
  readonly stopTokens?: readonly number[]
  readonly ignoreEnd?: boolean
}

/** What plain decoding says, and why it stopped. */
export interface PlainText {
  readonly tokens: readonly number[]
  readonly reason: FinishReason
}

/**
 * Decodes one token per forward in the most obvious way: what every decoder that preserves the distribution is
 * compared with, token for token where it draws by position.
 */
export const plainDecoding = (
  model: Model,
  sampler: Sampler,
  request: PlainRequest,
): Effect.Effect<PlainText, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* naiveCache.make(yield* model.makeStore)
      const history = makeHistory(request.prompt)
      const tokens: number[] = []
      const stop = (reason: FinishReason): PlainText => ({ tokens, reason })
      while (tokens.length < request.maxTokens) {
        if (history.length > model.info.contextLength) return stop("contextLength")
        const rows = tokenRows(history.tokens.subarray(cache.length), cache.length)
        const newest = rows.tokens.length - 1
        const outputs = yield* model.forward(rows, {
          cache,
          outputs: [{ name: "logits", rows: [newest] }],
          phase: tokens.length === 0 ? "prefill" : "step",
        })
        const position = history.length
        const distribution = sampler.process(outputs["logits"]!.row(0), { history, path: [], position })
        const token = distribution.draw(uniform(request.seed, "token", position))
        yield* cache.commit(range(newest + 1))
        history.append(token)
        tokens.push(token)
        if (request.stopTokens?.includes(token) === true) return stop("stopToken")
        if (request.ignoreEnd !== true && model.info.endTokens.includes(token)) return stop("endToken")
      }
      return stop("maxTokens")
    }),
  )
