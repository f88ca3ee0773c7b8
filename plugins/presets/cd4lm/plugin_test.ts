import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks as blocksOf, plugin as blocks } from "@parade/blocks"
import { capped as cappedOf, plugin as capped } from "@parade/capped"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, composeAs, DecoderKind, registryOf } from "@parade/core"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { plugin as sampler } from "@parade/standard-sampler"
import { denoisingLoop, greedySampler, maskedModel, modelPlugin } from "@parade/test"
import { plugin as threshold, threshold as thresholdOf } from "@parade/threshold"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const table = modelPlugin(model)
const registry = registryOf([blocks, capped, contiguous, fullRefresh, plugin, sampler, table, threshold])

const decoded = (node: object) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const decoder = yield* composeAs(DecoderKind, { use: "@parade/cd4lm", ...node }, { registry })
      const prompt = [{ tokens: [1, 2, 3] }]
      return yield* collectText(decoder.decode({ prompt, target: { kind: "canvas", length: 64 }, seed: 1 }))
    }).pipe(Effect.scoped),
  )

const looped = (unmasker: Parameters<typeof denoisingLoop>[0]["unmasker"]) =>
  Effect.runPromise(
    denoisingLoop({
      model,
      unmasker,
      schedule: blocksOf({ length: 32 }),
      sampler: greedySampler,
      prompt: [1, 2, 3],
      length: 64,
      seed: 1,
    }),
  )

test("With nothing said it decodes as the paper's scripts: blocks of 32, confidences of 0.95, 1 to 32 a step, no end before 0.3.", async () => {
  const { tokens, stats } = await decoded({})
  const rule = thresholdOf({ threshold: 0.95 })
  const plain = await looped(cappedOf({ rule, min: 1, max: 32, endAfter: 0.3 }))
  assert.deepEqual(tokens, [...plain.cells])
  assert.equal(stats.forwards, plain.rounds.length)
  assert.equal(stats.rows, stats.forwards * 67)
})

test("Without the gate it is the plain threshold rule, as its bounds are those of a block.", async () => {
  const unmasker = {
    use: "@parade/capped",
    rule: { use: "@parade/threshold", with: { threshold: 0.6 } },
  }
  const { tokens, stats } = await decoded({ unmasker })
  const plain = await looped(thresholdOf({ threshold: 0.6 }))
  assert.deepEqual(tokens, [...plain.cells])
  assert.equal(stats.forwards, plain.rounds.length)
})
