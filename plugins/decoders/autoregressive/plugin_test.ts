import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, compose, decodeText, type ParadeError, registryOf } from "@parade/core"
import { plugin as sampler } from "@parade/standard-sampler"
import { scriptedModel, modelPlugin } from "@parade/test"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

/** Stands in for the default model. */
const model = modelPlugin(scriptedModel({ prompt: "Say it: ", text: "the quick brown fox" }))
const registry = registryOf([plugin, contiguous, sampler, model])

const text = (pipeline: unknown): Effect.Effect<string, ParadeError> =>
  Effect.gen(function* () {
    const decoder = yield* compose(pipeline, { registry })
    return (yield* collectText(decodeText(decoder, "Say it: "))).text
  }).pipe(Effect.scoped)

test("the decoder's name alone is a pipeline", async () => {
  assert.equal(await Effect.runPromise(text({ use: "@parade/autoregressive" })), "the quick brown fox")
})

test("every part of it can be set", async () => {
  const pipeline = {
    use: "@parade/autoregressive",
    with: { prefillChunk: 3 },
    sampler: { use: "@parade/standard-sampler", with: { temperature: 0.1, topK: 1, logitBias: { "0": -1 } } },
    cache: { use: "@parade/contiguous", with: { maxRows: 100 } },
  }
  assert.equal(await Effect.runPromise(text(pipeline)), "the quick brown fox")
})

test("a cache too small for the text fails with what to do about it", async () => {
  const pipeline = {
    use: "@parade/autoregressive",
    cache: { use: "@parade/contiguous", with: { maxRows: 12 } },
  }
  const error = await Effect.runPromise(Effect.flip(text(pipeline)))
  assert.equal(error.code, "cache.full")
  assert.match(error.describe(), /maxRows/)
})

test("settings out of range are refused where they stand", async () => {
  for (const [pipeline, path] of [
    [{ with: { prefillChunk: 0 } }, "$.with.prefillChunk"],
    [{ sampler: { use: "@parade/standard-sampler", with: { topP: 2 } } }, "$.sampler.with.topP"],
    [
      { sampler: { use: "@parade/standard-sampler", with: { logitBias: { the: 2 } } } },
      "$.sampler.with.logitBias.the",
    ],
    [{ cache: { use: "@parade/contiguous", with: { maxRows: 0.5 } } }, "$.cache.with.maxRows"],
  ] as const) {
    const error = await Effect.runPromise(Effect.flip(text({ use: "@parade/autoregressive", ...pipeline })))
    assert.ok(error.describe().includes(path), error.describe())
  }
})
