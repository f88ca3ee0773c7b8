import { argmax, type CacheFactory, firstRows, type Model, type ParadeError, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"

/** The likeliest tokens after a prompt, up to the end of the text. */
export const greedyTokens = (
  model: Model,
  caches: CacheFactory,
  prompt: readonly number[],
  most: number,
): Effect.Effect<readonly number[], ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const answer: number[] = []
      let next: readonly number[] = prompt
      while (answer.length < most && cache.length + next.length < contextLength) {
        const outputs = [{ name: "logits", rows: [next.length - 1] }]
        const phase = answer.length === 0 ? "prefill" : "step"
        const { logits } = yield* model.forward(tokenRows(next, cache.length), { cache, outputs, phase })
        const token = argmax(logits!.row(0))
        if (endTokens.includes(token)) break
        yield* cache.commit(firstRows(next.length))
        answer.push(token)
        next = [token]
      }
      return answer
    }),
  )
