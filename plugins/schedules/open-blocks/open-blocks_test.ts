import assert from "node:assert/strict"
import { test } from "node:test"
import { blocks } from "@parade/blocks"
import { creditDecoding } from "@parade/credit-decoding"
import type { CanvasState } from "@parade/denoising"
import { denoisingLoop, greedySampler, maskedModel } from "@parade/test"
import { threshold } from "@parade/threshold"
import { wholeCanvas } from "@parade/whole-canvas"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { openBlocks } from "./mod.ts"

/** A canvas of which the given positions are filled. */
const canvas = (length: number, filled: readonly number[]): CanvasState => {
  const cells = new Int32Array(length).fill(-1)
  for (const position of filled) cells[position] = 0
  return {
    promptLength: 1,
    length,
    cells,
    filled: filled.length,
    masked: length - filled.length,
    spans: {},
    answer: { start: 0, end: length },
    leastLength: 0,
    isEnd: () => false,
  }
}

const stageAt = (state: CanvasState, openAt: number) =>
  openBlocks({ length: 4, openAt }).open({ promptLength: 1, length: state.length }).next(state)

const openPositions = (state: CanvasState, openAt: number) =>
  stageAt(state, openAt).groups.map(({ positions }) => [...positions])

test("The next block opens when so much of the last one is filled, and the one behind it when so much of that is.", () => {
  assert.deepEqual(openPositions(canvas(16, []), 0.5), [[0, 1, 2, 3]])
  assert.deepEqual(openPositions(canvas(16, [2]), 0.5), [[0, 1, 3]])
  assert.deepEqual(openPositions(canvas(16, [0, 2]), 0.5), [
    [1, 3],
    [4, 5, 6, 7],
  ])
  assert.deepEqual(openPositions(canvas(16, [0, 2, 4, 5]), 0.5), [
    [1, 3],
    [6, 7],
    [8, 9, 10, 11],
  ])
  // The third block stays shut however full it is, until the second is half full.
  assert.deepEqual(openPositions(canvas(16, [0, 2, 4, 8, 9]), 0.5), [
    [1, 3],
    [5, 6, 7],
  ])
})

test("Only the first block with masks must progress; what is worked on ends with the last open block.", () => {
  const { groups, block, index } = stageAt(canvas(16, [0, 1, 2, 3, 4, 5]), 0.5)
  assert.deepEqual(
    groups.map(({ mustProgress }) => mustProgress),
    [true, false],
  )
  assert.deepEqual(block, { start: 4, end: 12 })
  assert.equal(index, 1)
})

test("A canvas that does not divide into blocks is refused, with what would.", () => {
  const { check } = openBlocks({ length: 4, openAt: 0.5 })
  assert.equal(check!({ promptLength: 1, length: 10 })?.code, "request.block-does-not-divide")
  assert.equal(check!({ promptLength: 1, length: 3 }), undefined)
})

const model = (seed: number) => maskedModel({ vocabularySize: 12, seed, spread: 4 })

const decoded = (
  seed: number,
  schedule: Parameters<typeof denoisingLoop>[0]["schedule"],
  unmasker = threshold({ threshold: 0.5 }),
) =>
  Effect.runPromise(
    denoisingLoop({
      model: model(seed),
      unmasker,
      schedule,
      sampler: greedySampler,
      prompt: [1, 2, 3],
      length: 24,
      seed: 1,
    }),
  )

test("At 1 it is one block after the other, token for token and forward for forward, with any rule.", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 500 }), fc.constantFrom(2, 4, 8), async (seed, length) => {
      for (const rule of [
        threshold({ threshold: 0.5 }),
        creditDecoding({ rule: threshold({ threshold: 0.5 }), strength: 1, decay: 0.7, exponent: 0.5 }),
      ]) {
        const [open, plain] = await Promise.all([
          decoded(seed, openBlocks({ length, openAt: 1 }), rule),
          decoded(seed, blocks({ length }), rule),
        ])
        assert.deepEqual([...open.cells], [...plain.cells])
        assert.equal(open.rounds.length, plain.rounds.length)
      }
    }),
    { numRuns: 15 },
  )
})

test("With one block it is the whole canvas.", async () => {
  const [open, whole] = await Promise.all([
    decoded(3, openBlocks({ length: 24, openAt: 0.5 })),
    decoded(3, wholeCanvas),
  ])
  assert.deepEqual([...open.cells], [...whole.cells])
})

test("Every forward fills something, whatever the threshold; at one position each there are as many forwards as positions.", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 500 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      async (seed, openAt) => {
        const { rounds } = await decoded(seed, openBlocks({ length: 4, openAt }))
        assert.ok(rounds.length <= 24)
        const slow = await decoded(seed, openBlocks({ length: 4, openAt }), threshold({ threshold: 2 }))
        assert.equal(slow.rounds.length, 24)
      },
    ),
    { numRuns: 15 },
  )
})
