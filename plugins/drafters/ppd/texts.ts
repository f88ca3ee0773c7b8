import {
  argmax,
  type CacheFactory,
  firstRows,
  type Model,
  type ParadeError,
  reportProgress,
  tokenRows,
} from "@parade/core"
import * as Effect from "effect/Effect"

/** A prompt with what the model itself says after it. */
export interface Text {
  readonly tokens: Int32Array
  /** Where the model's own words begin. */
  readonly from: number
}

const continued = (
  model: Model,
  caches: CacheFactory,
  prompt: Int32Array,
  most: number,
): Effect.Effect<Text, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const tokens = [...prompt]
      let next = tokens.slice()
      while (tokens.length - prompt.length < most && cache.length + next.length < contextLength) {
        const { logits } = yield* model.forward(tokenRows(next, cache.length), {
          cache,
          outputs: [{ name: "logits", rows: [next.length - 1] }],
          phase: cache.length === 0 ? "prefill" : "step",
        })
        const token = argmax(logits!.row(0))
        yield* cache.commit(firstRows(next.length))
        tokens.push(token)
        if (endTokens.includes(token)) break
        next = [token]
      }
      return { tokens: Int32Array.from(tokens), from: prompt.length }
    }),
  )

/**
 * The model's likeliest continuations of prompts; those of fewer than `least` tokens are left out, as there is too little
 * to guess.
 */
export const collectTexts = (
  model: Model,
  caches: CacheFactory,
  prompts: readonly Int32Array[],
  { continuation, least }: { readonly continuation: number; readonly least: number },
): Effect.Effect<readonly Text[], ParadeError> =>
  Effect.gen(function* () {
    const texts: Text[] = []
    for (const [done, prompt] of prompts.entries()) {
      const text = yield* continued(model, caches, prompt, continuation)
      if (text.tokens.length - text.from >= least) texts.push(text)
      yield* reportProgress({
        task: "Collecting texts",
        done: done + 1,
        total: prompts.length,
        unit: "steps",
      })
      yield* Effect.yieldNow
    }
    return texts
  })
