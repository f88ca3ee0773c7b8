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
import { joined } from "./_joined.ts"

/** A prompt with what the model itself says after it. */
export interface ModelText {
  readonly tokens: Int32Array
  /** Where the model's own words begin. */
  readonly from: number
  /** An output at every token but the last, which was not forwarded, `[tokens - 1, width]`; empty where none was read. */
  readonly states: Float32Array
}

/** What is collected. */
export interface ModelTextChoice {
  /** Tokens of a continuation, at most. */
  readonly continuation: number
  /** Continuations of fewer tokens are left out. */
  readonly least: number
  /** An output of the model that is read at every row. */
  readonly output?: string
}

const continued = (
  model: Model,
  caches: CacheFactory,
  prompt: Int32Array,
  { continuation, output }: ModelTextChoice,
): Effect.Effect<ModelText, ParadeError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { contextLength, endTokens } = model.info
      const cache = yield* caches.make(yield* model.makeStore)
      const tokens = [...prompt]
      const states: Float32Array[] = []
      let next = tokens.slice()
      while (tokens.length - prompt.length < continuation && cache.length + next.length < contextLength) {
        const outputs = [{ name: "logits", rows: [next.length - 1] }]
        if (output !== undefined) outputs.push({ name: output, rows: [...next.keys()] })
        const result = yield* model.forward(tokenRows(next, cache.length), {
          cache,
          outputs,
          phase: cache.length === 0 ? "prefill" : "step",
        })
        const token = argmax(result["logits"]!.row(0))
        if (output !== undefined) {
          const { count, width, data } = result[output]!
          states.push(data.slice(0, count * width))
        }
        yield* cache.commit(firstRows(next.length))
        tokens.push(token)
        if (endTokens.includes(token)) break
        next = [token]
      }
      return { tokens: Int32Array.from(tokens), from: prompt.length, states: joined(states) }
    }),
  )

/**
 * The model's likeliest continuations of prompts, as trained parts learn from them that are to guess what the model itself
 * says; those of fewer than `least` tokens are left out.
 */
export const collectTexts = (
  model: Model,
  caches: CacheFactory,
  prompts: readonly Int32Array[],
  choice: ModelTextChoice,
): Effect.Effect<readonly ModelText[], ParadeError> =>
  Effect.gen(function* () {
    const texts: ModelText[] = []
    for (const [done, prompt] of prompts.entries()) {
      const text = yield* continued(model, caches, prompt, choice)
      if (text.tokens.length - text.from >= choice.least) texts.push(text)
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
