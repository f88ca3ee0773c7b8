import assert from "node:assert/strict"
import { type DecodeFailure, type Event, makePromptCache, type Model, type Sampler } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { naiveCache } from "../caches/naive-cache.ts"
import { chainModel } from "../models/chain-model.ts"
import { tableModel } from "../models/table-model.ts"
import { plainDecoding } from "../reference/plain-decoding.ts"
import { softmaxSampler } from "../reference/samplers.ts"
import { failsTyped } from "./_asserts.ts"
import { chiSquareHolds } from "./_chi-square.ts"
import {
  type DecoderBench,
  endsOf,
  eventsOf,
  finishOf,
  partsOf,
  prompt,
  read,
  repeating,
  replaying,
  requestFor,
  samplers,
  target,
  twins,
} from "./_decoder-bench.ts"
import type { Registrar } from "./test-function.ts"

const ties = tableModel({ vocabularySize: 7, order: 2, seed: 6, levels: 3 })

/** Events without the times in them. */
const timeless = (events: readonly Event[]): unknown =>
  JSON.parse(
    JSON.stringify(events, (key, value: unknown) =>
      /^(milliseconds|prefillMs|decodeMs|tokensPerSecond)$/.test(key) ? undefined : value,
    ),
  )

const assertPlain = (
  bench: DecoderBench,
  model: Model,
  sampler: Sampler,
  seed: number,
  what: string,
): Effect.Effect<void, unknown> =>
  Effect.gen(function* () {
    const request = requestFor(30, seed)
    const plain = yield* plainDecoding(model, sampler, { prompt, maxTokens: 30, seed })
    const { tokens, reason, text } = yield* finishOf(bench, partsOf({ model, sampler }), request)
    assert.deepEqual(tokens, plain.tokens, what)
    assert.equal(reason, plain.reason, what)
    assert.equal(text, model.tokenizer!.decode(plain.tokens), what)
  })

/** What is said, and what it depends on. */
export const promiseDecoderText = (promise: Registrar<DecoderBench>): void => {
  promise("says what plain decoding says, at temperature 0", (bench, skip) =>
    Effect.gen(function* () {
      if (bench.preserves === "nothing") return skip("It declares that it is lossy.")
      for (const model of [target, repeating, ties])
        yield* assertPlain(bench, model, samplers[0]![1], 1, model.info.name)
    }),
  )

  promise("says what plain decoding says, for the same seed", (bench, skip) =>
    Effect.gen(function* () {
      if (bench.preserves !== "tokens") return skip(`It preserves ${bench.preserves}.`)
      for (const model of [target, repeating, ties])
        for (const [name, sampler] of samplers)
          for (const seed of [1, 2, 3])
            yield* assertPlain(bench, model, sampler, seed, `${model.info.name} ${name}, seed ${seed}`)
    }),
  )

  promise("draws texts by the law of the model", (bench, skip) =>
    Effect.gen(function* () {
      if (bench.preserves !== "tokens" && bench.preserves !== "distribution")
        return skip(`It preserves ${bench.preserves}.`)
      const transitions = [
        [0.1, 0.6, 0.3],
        [0.5, 0.2, 0.3],
        [0.7, 0, 0.3],
      ]
      const parts = partsOf({ model: chainModel(transitions), sampler: softmaxSampler() })
      const law = new Map<string, number>()
      for (const a of [0, 1, 2])
        for (const b of [0, 1, 2])
          for (const c of [0, 1, 2]) {
            const p = transitions[1]![a]! * transitions[a]![b]! * transitions[b]![c]!
            if (p > 0) law.set([a, b, c].join(), p)
          }
      const counts = new Map<string, number>()
      const runs = 600
      for (let seed = 0; seed < runs; seed++) {
        const request = requestFor(3, seed, {}, [0, 1, 0, 2, 0, 1])
        const { tokens } = yield* finishOf(bench, parts, request)
        counts.set(tokens.join(), (counts.get(tokens.join()) ?? 0) + 1)
      }
      chiSquareHolds(counts, law, runs)
    }),
  )

  promise("gives the same events for the same request, from the same decoder and from another", (bench) =>
    Effect.gen(function* () {
      for (const [, sampler] of samplers) {
        const parts = partsOf({ model: target, sampler })
        const decoder = yield* bench.make(parts)
        const first = timeless(yield* read(decoder, requestFor(20, 3)))
        assert.deepEqual(timeless(yield* eventsOf(bench, parts, requestFor(20, 3))), first, "another decoder")
        assert.deepEqual(timeless(yield* read(decoder, requestFor(20, 3))), first, "the same decoder")
      }
    }),
  )

  promise("other seeds make other texts", (bench) =>
    Effect.gen(function* () {
      const texts = new Set<string>()
      for (let seed = 1; seed <= 6; seed++) {
        const parts = partsOf({ sampler: softmaxSampler() })
        texts.add((yield* finishOf(bench, parts, requestFor(16, seed))).tokens.join())
      }
      assert.ok(texts.size > 1, "six seeds, one text")
    }),
  )

  promise("a text depends on no other text of the decoder, finished or abandoned", (bench) =>
    Effect.gen(function* () {
      const decoder = yield* bench.make(partsOf({ sampler: softmaxSampler() }))
      const alone = yield* eventsOf(bench, partsOf({ sampler: softmaxSampler() }), requestFor(16, 4))
      for (const n of [1, 2, 4]) {
        yield* Stream.runDrain(Stream.take(decoder.decode(requestFor(16, 9, {}, [3, 3, 3])), n))
        assert.deepEqual(
          timeless(yield* read(decoder, requestFor(16, 4))),
          timeless(alone),
          `${n} events before`,
        )
      }
    }),
  )

  promise("says the same where a prompt cache knows the beginning of its prompt", (bench) =>
    Effect.gen(function* () {
      for (const [name, sampler] of samplers)
        for (const [model, twin] of twins) {
          const decoder = yield* bench.make(partsOf({ model, sampler, cache: replaying(twin, naiveCache) }))
          const promptCache = yield* makePromptCache
          let asked = prompt
          // Two turns of a conversation, then one that goes back to its beginning, then the same again.
          for (const [turn, more] of [[3], [1, 2], [4, 4], [], []].entries()) {
            asked = turn === 2 ? [...asked.slice(0, 7), ...more] : [...asked, ...more]
            const request = requestFor(6, turn, {}, asked)
            const alone = endsOf(yield* read(decoder, request)).finished
            const { tokens } = endsOf(yield* read(decoder, { ...request, promptCache })).finished
            assert.deepEqual(tokens, alone.tokens, `${model.info.name} ${name}, turn ${turn}`)
            if (turn < 2) asked = [...asked, ...tokens]
          }
        }
    }),
  )

  promise("its cache replays after every commit", (bench) =>
    Effect.gen(function* () {
      for (const [, sampler] of samplers)
        for (const [model, twin] of twins) {
          const cache = replaying(twin, naiveCache)
          yield* finishOf(bench, partsOf({ model, sampler, cache }), requestFor(16))
        }
    }),
  )

  promise("a prompt may be vectors in the place of tokens", (bench) =>
    Effect.gen(function* () {
      const vectors = yield* repeating.embed([2, 3])
      const mixed = eventsOf(bench, partsOf(), {
        ...requestFor(8),
        prompt: [{ tokens: [1] }, { vectors, rows: 2 }, { tokens: [1, 2] }],
      })
      const exit: Exit.Exit<readonly Event[], DecodeFailure | unknown> = yield* Effect.exit(mixed)
      // A part that reads tokens only may refuse.
      if (Exit.isFailure(exit)) yield* failsTyped("a prompt with vectors", exit)
      else {
        const whole = yield* finishOf(bench, partsOf(), requestFor(8))
        assert.deepEqual(endsOf(exit.value).finished.tokens, whole.tokens)
      }
    }),
  )
}
