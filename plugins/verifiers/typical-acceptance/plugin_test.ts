import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, type Model, registryOf } from "@parade/core"
import { plugin as promptLookup } from "@parade/prompt-lookup"
import { plugin as speculative } from "@parade/speculative"
import { plugin as standardSampler, standardSampler as samplerOf } from "@parade/standard-sampler"
import { plainDecoding, tableModel, modelPlugin } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { plugin, TypicalAcceptanceConfig } from "./mod.ts"

const decode = Schema.decodeUnknownSync(TypicalAcceptanceConfig)

test("the defaults are the paper's", () => {
  assert.deepEqual(decode({}), { epsilon: 0.09, next: "likeliest" })
})

test("constants by which not even a certain token would stand are refused", () => {
  for (const config of [{ epsilon: 1 }, { epsilon: -0.1 }, { epsilon: NaN }, { delta: -0.1 }, { delta: 1.1 }])
    assert.throws(() => decode(config), new RegExp(Object.keys(config)[0]!))
})

const model: Model = tableModel({ vocabularySize: 8, order: 2, seed: 5, spread: 2 })

const table = modelPlugin(model, "table")

const registry = registryOf([contiguous, plugin, promptLookup, speculative, standardSampler, table])

const prompt = [1, 2, 3, 1, 2, 3, 1, 2]

const run = (temperature: number, branches: number, seed: number) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.flatMap(
        compose(
          {
            use: "@parade/speculative",
            with: { adaptive: false },
            model: { use: "table" },
            drafter: { use: "@parade/prompt-lookup", with: { branches } },
            verifier: { use: "@parade/typical-acceptance" },
            sampler: { use: "@parade/standard-sampler", with: { temperature } },
          },
          { registry },
        ),
        (decoder) =>
          collectText(
            decoder.decode({
              prompt: [{ tokens: prompt }],
              target: { kind: "continuation", maxTokens: 60 },
              seed,
            }),
          ),
      ),
    ),
  )

for (const [what, branches] of [
  ["a chain", 1],
  ["a tree", 4],
] as const) {
  test(`with ${what} at temperature 0 the text is that of greedy decoding, in fewer forwards`, async () => {
    const { tokens, stats } = await run(0, branches, 1)
    const sampler = samplerOf({ temperature: 0 })
    const plain = await Effect.runPromise(plainDecoding(model, sampler, { prompt, maxTokens: 60, seed: 1 }))
    assert.deepEqual(tokens, plain.tokens)
    assert.ok(stats.accepted > 0)
  })

  test(`with ${what} at temperature 1 more is accepted, and the seed does not matter`, async () => {
    const greedy = await run(0, branches, 1)
    const typical = await run(1, branches, 1)
    assert.ok(typical.stats.forwards < greedy.stats.forwards)
    assert.deepEqual((await run(1, branches, 2)).tokens, typical.tokens)
  })
}
