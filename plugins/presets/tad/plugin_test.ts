import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks as blocksOf } from "@parade/blocks"
import { plugin as contiguous } from "@parade/contiguous"
import { collectText, composeAs, DecoderKind, registryOf } from "@parade/core"
import { entropyThreshold as entropyOf, plugin as entropyThreshold } from "@parade/entropy-threshold"
import { plugin as fullRefresh } from "@parade/full-refresh"
import { openBlocks as openBlocksOf, plugin as openBlocks } from "@parade/open-blocks"
import { plugin as sampler } from "@parade/standard-sampler"
import { denoisingLoop, greedySampler, maskedModel, modelPlugin } from "@parade/test"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const model = maskedModel({ vocabularySize: 12, seed: 3, spread: 5 })
const registry = registryOf([
  contiguous,
  entropyThreshold,
  fullRefresh,
  modelPlugin(model),
  openBlocks,
  plugin,
  sampler,
])

const decoded = (node: object) =>
  Effect.runPromise(
    Effect.gen(function* () {
      const decoder = yield* composeAs(DecoderKind, { use: "@parade/tad", ...node }, { registry })
      const prompt = [{ tokens: [1, 2, 3] }]
      return yield* collectText(decoder.decode({ prompt, target: { kind: "canvas", length: 96 }, seed: 1 }))
    }).pipe(Effect.scoped),
  )

const looped = (schedule: Parameters<typeof denoisingLoop>[0]["schedule"], threshold: number, length = 96) =>
  Effect.runPromise(
    denoisingLoop({
      model,
      unmasker: entropyOf({ threshold }),
      schedule,
      sampler: greedySampler,
      prompt: [1, 2, 3],
      length,
      seed: 1,
    }),
  )

test("With nothing said it decodes as the paper a LLaDA: blocks of 32, the next open at a half, entropies of 0.5.", async () => {
  const { tokens, stats } = await decoded({})
  const plain = await looped(openBlocksOf({ length: 32, openAt: 0.5 }), 0.5)
  assert.deepEqual(tokens, [...plain.cells])
  assert.equal(stats.forwards, plain.rounds.length)
  assert.equal(stats.rows, stats.forwards * 99)
})

test("Where a block opens only behind a filled one it is dParallel's decoding, token for token.", async () => {
  const schedule = { use: "@parade/open-blocks", with: { length: 32, openAt: 1 } }
  const { tokens, stats } = await decoded({ schedule })
  const plain = await looped(blocksOf({ length: 32 }), 0.5)
  assert.deepEqual(tokens, [...plain.cells])
  assert.equal(stats.forwards, plain.rounds.length)
  assert.ok((await decoded({})).stats.forwards < stats.forwards)
})

test("With an entropy that nothing has there are as many forwards as positions.", async () => {
  const { rounds } = await looped(openBlocksOf({ length: 8, openAt: 0.5 }), -1, 24)
  assert.equal(rounds.length, 24)
})
