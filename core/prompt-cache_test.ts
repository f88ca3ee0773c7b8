import assert from "node:assert/strict"
import { test } from "node:test"
import { makeFaults, naiveCache, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import {
  advance,
  argmax,
  type CacheFactory,
  collectText,
  decodeRounds,
  type Decoder,
  makePromptCache,
  type Model,
  prefill,
  type PromptCache,
  type Request,
  tokenRows,
} from "./mod.ts"

const model = tableModel({ vocabularySize: 5, order: 4, seed: 3, positional: true, endTokens: [4] })

/** Counts the rows that prompts forward. */
const counting = (inner: Model): { readonly model: Model; readonly rows: () => number } => {
  let rows = 0
  const forward: Model["forward"] = (given, options) => {
    if (options.phase === "prefill") rows += given.tokens.length
    return inner.forward(given, options)
  }
  return { model: { ...inner, forward }, rows: () => rows }
}

const greedy = (from: Model, caches: CacheFactory = naiveCache): Decoder => ({
  model: from,
  decode: (request) =>
    decodeRounds({
      model: from,
      request,
      prepare: prefill(from, caches, request.prompt, { chunk: 3, promptCache: request.promptCache }),
      open: (sequence, transcript) =>
        Effect.succeed(
          Effect.map(advance(from, sequence), (rows) => {
            transcript.append([argmax(sequence.outputs!["logits"]!.row(0))])
            return { forwards: rows > 0 ? 1 : 0, rows, proposals: [] }
          }),
        ),
    }),
})

const requestFor = (tokens: readonly number[], promptCache?: PromptCache): Request => ({
  prompt: [{ tokens }],
  target: { kind: "continuation", maxTokens: 5 },
  seed: 0,
  ...(promptCache === undefined ? {} : { promptCache }),
})

const say = (decoder: Decoder, tokens: readonly number[], promptCache?: PromptCache) =>
  Effect.map(collectText(decoder.decode(requestFor(tokens, promptCache))), (finished) => finished.tokens)

const run = <A>(effect: Effect.Effect<A, unknown, Scope>): Promise<A> =>
  Effect.runPromise(Effect.scoped(effect))

test("A conversation forwards what is new in each turn.", () =>
  run(
    Effect.gen(function* () {
      const counted = counting(model)
      const decoder = greedy(counted.model)
      const promptCache = yield* makePromptCache
      const first = [1, 2, 3, 0, 1, 2, 3]
      const answer = yield* say(decoder, first, promptCache)
      assert.equal(counted.rows(), 7)
      // The last token of the answer was never forwarded.
      const second = [...first, ...answer, 0, 1]
      yield* say(decoder, second, promptCache)
      assert.equal(counted.rows(), 7 + 3)
      // The same again needs the logits of its last row.
      yield* say(decoder, second, promptCache)
      assert.equal(counted.rows(), 7 + 3 + 1)
    }),
  ))

test("Whatever is asked in whatever order, the text is that of a fresh cache, from as few rows as can be.", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({ keep: fc.nat(20), answered: fc.boolean(), more: fc.array(fc.nat(3), { maxLength: 4 }) }),
        { minLength: 1, maxLength: 6 },
      ),
      (turns) =>
        run(
          Effect.gen(function* () {
            const counted = counting(model)
            const decoder = greedy(counted.model)
            const promptCache = yield* makePromptCache
            let known: readonly number[] = []
            for (const { keep, answered, more } of turns) {
              const asked = [...known.slice(0, answered ? known.length : keep), ...more, 1]
              const before = counted.rows()
              const tokens = yield* say(decoder, asked, promptCache)
              const forwarded = counted.rows() - before
              assert.deepEqual(tokens, yield* say(greedy(model), asked))
              let common = 0
              while (
                common < asked.length - 1 &&
                common < known.length - 1 &&
                asked[common] === known[common]
              )
                common++
              assert.equal(forwarded, asked.length - common)
              known = [...asked, ...tokens]
            }
          }),
        ),
    ),
    { numRuns: 60 },
  ))

test("While a text uses the cache, another gets one of its own.", () =>
  run(
    Effect.gen(function* () {
      const promptCache = yield* makePromptCache
      const rows = { ...tokenRows([1, 2, 3], 0), labels: new Int32Array(3), vectors: new Float32Array(0) }
      const open = promptCache.open(model, naiveCache, rows)
      const caches = yield* Effect.scoped(Effect.all([open, open]))
      assert.notEqual(caches[0], caches[1])
      assert.equal(yield* Effect.scoped(open).pipe(Effect.map((cache) => cache.length)), 0)
    }),
  ))

test("A text that failed or was left is no harm to the next, and all is released with the scope.", async () => {
  const prompt = [1, 2, 3, 0, 2]
  const expected = await run(say(greedy(model), prompt))
  for (const method of ["forward", "commit", "retain", "reserve", "make"])
    for (let n = 1; n <= 6; n++) {
      const faults = makeFaults()
      const decoder = greedy(faults.model(model), faults.cache(naiveCache))
      const [text, left] = await run(
        Effect.gen(function* () {
          const promptCache = yield* makePromptCache
          yield* say(decoder, [1, 2, 3, 3, 3], promptCache)
          yield* Stream.runDrain(Stream.take(decoder.decode(requestFor([1, 2, 2], promptCache)), n))
          faults.failAt(n, method)
          const failed = yield* Effect.exit(say(decoder, [1, 2, 3, 1], promptCache))
          assert.equal(Exit.isFailure(failed), faults.struck !== undefined)
          faults.failAt(Infinity)
          return [yield* say(decoder, prompt, promptCache), faults.held.length] as const
        }),
      )
      assert.deepEqual(text, expected, `${method} ${n}`)
      assert.ok(left > 0, "nothing is kept")
      assert.deepEqual(faults.held, [])
    }
})
