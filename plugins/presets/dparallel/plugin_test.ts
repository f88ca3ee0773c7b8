import assert from "node:assert/strict"
import { test } from "node:test"
import { plugin as blocks } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { composeAs, DecoderKind, collectText, registryOf } from "@parade/core"
import { plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { denoisingLoop, greedySampler, maskedModel, modelPlugin } from "@parade/test"
import { plugin as sampler } from "@parade/standard-sampler"
import { blocks as blocksOf } from "@parade/blocks"
import { entropyThreshold as entropyThresholdOf } from "@parade/entropy-threshold"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const table = modelPlugin(model)
const registry = registryOf([blocks, contiguous, entropyThreshold, fullRefresh, plugin, sampler, table])

test("With nothing said it decodes as the paper: blocks of 32, entropies of at most 0.5, every row recomputed.", async () => {
  const program = Effect.gen(function* () {
    const decoder = yield* composeAs(DecoderKind, { use: "@parade/dparallel" }, { registry })
    const { tokens, stats } = yield* collectText(
      decoder.decode({ prompt: [{ tokens: [1, 2, 3] }], target: { kind: "canvas", length: 64 }, seed: 1 }),
    )
    const plain = yield* denoisingLoop({
      model,
      unmasker: entropyThresholdOf({ threshold: 0.5 }),
      schedule: blocksOf({ length: 32 }),
      sampler: greedySampler,
      prompt: [1, 2, 3],
      length: 64,
      seed: 1,
    })
    assert.deepEqual(tokens, [...plain.cells])
    assert.equal(stats.rows, stats.forwards * 67)
    assert.ok(stats.forwards < 64)
  })
  await Effect.runPromise(Effect.scoped(program))
})
