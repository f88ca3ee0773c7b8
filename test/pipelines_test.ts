import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin as autoregressive } from "@parade/autoregressive"
import { plugin as contiguous } from "@parade/contiguous"
import { type CacheFactory, collectText, compose, type Plugin, registryOf, type Request } from "@parade/core"
import { plugin as draftModel } from "@parade/draft-model"
import { plugin as exactMatch } from "@parade/exact-match"
import { plugin as promptLookup } from "@parade/prompt-lookup"
import { plugin as speculative } from "@parade/speculative"
import { plugin as speculativeSampling } from "@parade/speculative-sampling"
import { plugin as standardSampler, standardSampler as samplerOf } from "@parade/standard-sampler"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { endToken, tablePlugin, vocabularySize } from "./_table-plugin.ts"
import { type Faults, forEveryFailure, forEveryInterruption, plainDecoding, tableModel } from "./mod.ts"

/** The official plugins over table models, all calls of models and caches guarded where faults are given. */
const registryWith = (faults?: Faults) => {
  const cache: Plugin<CacheFactory> = {
    ...contiguous,
    make: (config, slots, context) =>
      Effect.map(contiguous.make(config, slots, context), (factory) => faults?.cache(factory) ?? factory),
  }
  return registryOf([
    autoregressive,
    speculative,
    promptLookup,
    draftModel,
    exactMatch,
    speculativeSampling,
    standardSampler,
    cache,
    tablePlugin(faults),
  ])
}

const decode = (pipeline: unknown, request: Request, faults?: Faults) =>
  Stream.unwrap(
    Effect.map(compose(pipeline, { registry: registryWith(faults) }), (decoder) => decoder.decode(request)),
  )

const requestFor = (prompt: readonly number[], maxTokens: number, seed: number): Request => ({
  prompt: [{ tokens: prompt }],
  target: { kind: "continuation", maxTokens },
  seed,
})

const table = (seed: number, order: number) => ({ use: "@parade/table", with: { seed, order } })

const drafters = fc.oneof(
  fc.record({
    use: fc.constant("@parade/prompt-lookup"),
    with: fc.record({
      maxNgram: fc.integer({ min: 1, max: 3 }),
      draftLength: fc.integer({ min: 0, max: 6 }),
      match: fc.constantFrom("earliest", "latest"),
      branches: fc.integer({ min: 1, max: 3 }),
    }),
  }),
  fc.record({
    use: fc.constant("@parade/draft-model"),
    with: fc.record({
      draftLength: fc.integer({ min: 1, max: 5 }),
      law: fc.constantFrom("point"),
      branches: fc.integer({ min: 1, max: 3 }),
    }),
    model: fc.record({
      use: fc.constant("@parade/table"),
      with: fc.record({ seed: fc.nat(3), order: fc.integer({ min: 1, max: 2 }) }),
    }),
  }),
)

const decoders = fc.oneof(
  fc.record({ use: fc.constant("@parade/autoregressive") }),
  fc.record({
    use: fc.constant("@parade/speculative"),
    with: fc.record({ maxDraft: fc.integer({ min: 0, max: 9 }), adaptive: fc.boolean() }),
    drafter: drafters,
    verifier: fc.record({ use: fc.constantFrom("@parade/exact-match", "@parade/speculative-sampling") }),
  }),
)

const samplers = fc.record({
  temperature: fc.constantFrom(0, 0.7, 1.3),
  topK: fc.constantFrom(0, 3),
  topP: fc.constantFrom(1, 0.8),
  repetitionPenalty: fc.constantFrom(1, 1.4),
  frequencyPenalty: fc.constantFrom(0, 0.5),
})

test("every lossless pipeline of the official plugins says what plain decoding says", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        decoder: decoders,
        sampler: samplers,
        seed: fc.nat(1000),
        tableSeed: fc.nat(3),
        order: fc.integer({ min: 1, max: 3 }),
        prompt: fc.array(fc.nat(vocabularySize - 2), { minLength: 1, maxLength: 12 }),
        maxTokens: fc.integer({ min: 1, max: 20 }),
      }),
      async ({ decoder, sampler, seed, tableSeed, order, prompt, maxTokens }) => {
        const pipeline = {
          ...decoder,
          model: table(tableSeed, order),
          sampler: { use: "@parade/standard-sampler", with: sampler },
        }
        const text = await Effect.runPromise(
          collectText(decode(JSON.stringify(pipeline), requestFor(prompt, maxTokens, seed))),
        )
        const model = tableModel({
          vocabularySize,
          order,
          seed: tableSeed,
          endTokens: [endToken],
          positional: true,
          spread: 2,
        })
        const plain = await Effect.runPromise(
          plainDecoding(model, samplerOf(sampler), { prompt, maxTokens, seed }),
        )
        assert.deepEqual(text.tokens, plain.tokens)
        assert.equal(text.reason, plain.reason)
      },
    ),
    { numRuns: 120 },
  )
})

const whole: readonly (readonly [name: string, pipeline: unknown])[] = [
  ["plain decoding", { use: "@parade/autoregressive", model: table(1, 2) }],
  [
    "prompt lookup",
    {
      use: "@parade/speculative",
      with: { maxDraft: 4, adaptive: false },
      model: table(1, 1),
      drafter: { use: "@parade/prompt-lookup" },
    },
  ],
  [
    "a draft model, sampled",
    {
      use: "@parade/speculative",
      with: { maxDraft: 4, adaptive: false },
      model: table(1, 2),
      drafter: { use: "@parade/draft-model", model: table(1, 1) },
      verifier: { use: "@parade/speculative-sampling" },
      sampler: { use: "@parade/standard-sampler", with: { temperature: 1 } },
    },
  ],
]

for (const [name, pipeline] of whole) {
  const request = requestFor([1, 2, 1, 2, 1], 8, 3)

  test(`${name}: whichever call fails, composed and decoded, the failure is typed and all is released`, async () => {
    const calls = await Effect.runPromise(
      forEveryFailure((faults) => collectText(decode(pipeline, request, faults))),
    )
    assert.ok(calls > 10, `${calls} calls`)
  })

  test(`${name}: ended or interrupted at any event, all is released`, async () => {
    const events = await Effect.runPromise(
      forEveryInterruption((faults) => decode(pipeline, request, faults)),
    )
    assert.ok(events >= 4, `${events} events`)
  })
}
