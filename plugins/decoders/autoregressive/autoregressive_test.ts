import assert from "node:assert/strict"
import { test } from "node:test"
import { contiguous } from "@parade/contiguous"
import { collectText, type Decoder, type Event, type Model, type Request, type Sampler } from "@parade/core"
import { standardSampler } from "@parade/standard-sampler"
import {
  forEveryInterruption,
  nullModel,
  plainDecoding,
  scriptedModel,
  tableModel,
  withReadouts,
} from "@parade/test"
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { autoregressive } from "./mod.ts"

const greedy = standardSampler()
const decoder = (model: Model, sampler: Sampler = greedy, prefillChunk = 4): Decoder =>
  autoregressive({ model, sampler, cache: contiguous(), prefillChunk })

const request = (tokens: readonly number[], maxTokens: number, change: Partial<Request> = {}): Request => ({
  prompt: [{ tokens }],
  target: { kind: "continuation", maxTokens },
  seed: 7,
  ...change,
})

test("the text is that of the plainest loop, whatever model, sampler, seed and prefill chunk", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(1000),
        prompt: fc.array(fc.nat(7), { minLength: 1, maxLength: 10 }),
        maxTokens: fc.integer({ min: 1, max: 20 }),
        chunk: fc.integer({ min: 1, max: 12 }),
        contextLength: fc.constantFrom(10, 16, 1000),
        temperature: fc.constantFrom(0, 1),
        repetitionPenalty: fc.constantFrom(1, 1.3),
        topP: fc.constantFrom(0.7, 1),
      }),
      async ({ seed, prompt, maxTokens, chunk, contextLength, ...options }) => {
        const model = tableModel({ vocabularySize: 8, order: 3, seed, endTokens: [7], contextLength })
        const sampler = standardSampler(options)
        const { tokens, reason, stats } = await Effect.runPromise(
          collectText(decoder(model, sampler, chunk).decode(request(prompt, maxTokens, { seed }))),
        )
        const plain = await Effect.runPromise(plainDecoding(model, sampler, { prompt, maxTokens, seed }))
        assert.deepEqual({ tokens: [...tokens], reason }, plain)
        assert.equal(stats.rounds, tokens.length)
        assert.equal(stats.forwards, tokens.length)
        assert.equal(stats.rows, tokens.length - 1)
        assert.equal(stats.tokensPerForward, 1)
        assert.deepEqual(stats.byProposer, {})
      },
    ),
    { numRuns: 60 },
  )
})

test("a greedy text is the same where only the greatest logit leaves the device, ties included", async () => {
  for (const seed of [1, 2, 3]) {
    const whole = tableModel({ vocabularySize: 8, order: 2, seed, levels: 3 })
    const asked = new Set<string>()
    const few = withReadouts(whole)
    const model: Model = {
      ...few,
      forward: (rows, options) => {
        for (const { name } of options.outputs) asked.add(name)
        return few.forward(rows, options)
      },
    }
    const decode = (of: Model) =>
      Effect.runPromise(collectText(decoder(of).decode(request([1, 2, 3, 4, 5], 12))))
    assert.deepEqual((await decode(model)).tokens, (await decode(whole)).tokens)
    assert.deepEqual([...asked], ["argmax"])
  }
})

test("a script is said to its end and no further", async () => {
  const model = scriptedModel({ prompt: "Say it: ", text: "the quick brown fox" })
  const prompt = [...model.tokenizer!.encode("Say it: ")]
  const finished = await Effect.runPromise(collectText(decoder(model).decode(request(prompt, 100))))
  assert.equal(finished.text, "the quick brown fox")
  assert.equal(finished.reason, "endToken")
  const stopped = await Effect.runPromise(
    collectText(decoder(model).decode(request(prompt, 100, { stop: { strings: ["k br"] } }))),
  )
  assert.equal(stopped.text, "the quic")
  assert.equal(stopped.reason, "stopString")
})

test("another seed gives another text, the same seed the same", async () => {
  const model = tableModel({ vocabularySize: 30, order: 2, seed: 1 })
  const text = async (seed: number): Promise<string> =>
    (
      await Effect.runPromise(
        collectText(decoder(model, standardSampler({ temperature: 1 })).decode(request([1], 40, { seed }))),
      )
    ).text
  assert.equal(await text(1), await text(1))
  assert.notEqual(await text(1), await text(2))
})

test("a stream that is interrupted or left at any event releases its cache and store", async () => {
  const model = tableModel({ vocabularySize: 8, order: 1, seed: 3 })
  const count = await Effect.runPromise(
    forEveryInterruption((faults): Stream.Stream<Event, unknown> =>
      autoregressive({
        model: faults.model(model),
        sampler: greedy,
        cache: faults.cache(contiguous()),
      }).decode(request([1, 2], 3)),
    ),
  )
  assert.equal(count, 8)
})

test("logits that are no numbers fail the text with a typed error", async () => {
  const model = nullModel({ vocabularySize: 4 })
  const broken: Model = {
    ...model,
    forward: (rows, options) =>
      Effect.map(model.forward(rows, options), (outputs) => {
        outputs["logits"]?.data.fill(NaN)
        return outputs
      }),
  }
  const error = await Effect.runPromise(Effect.flip(collectText(decoder(broken).decode(request([1], 4)))))
  assert.equal(error.code, "decode.not-a-number")
})

test("decoding one request after the other starts afresh each time", async () => {
  const model = tableModel({ vocabularySize: 8, order: 3, seed: 2 })
  const one = decoder(model)
  const first = await Effect.runPromise(collectText(one.decode(request([1, 2], 6))))
  await Effect.runPromise(collectText(one.decode(request([5], 9))))
  const again = await Effect.runPromise(collectText(one.decode(request([1, 2], 6))))
  assert.deepEqual(again.tokens, first.tokens)
})
