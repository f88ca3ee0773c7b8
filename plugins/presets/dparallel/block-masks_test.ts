import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import * as fc from "fast-check"
import { blockMasks } from "./recipe-mod.ts"

const drawing = (seed: number): (() => number) => {
  let i = 0
  return () => uniform(seed, "noise", i++)
}

test("The two masks of an answer partition one of its blocks.", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 100 }),
      fc.integer({ min: 1, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 10_000 }),
      (length, block, share, seed) => {
        const { start, end, hidden } = blockMasks(length, { block, share, draw: drawing(seed) })
        assert.equal(start % block, 0)
        assert.ok(start < end && end <= length && (end - start === block || end === length))
        const all = hidden.flat().sort((a, b) => a - b)
        assert.deepEqual(
          all,
          Array.from({ length: end - start }, (_, i) => start + i),
        )
      },
    ),
  )
})

test("Blocks are drawn evenly, the last one too, and half of a block's tokens are in either view.", () => {
  const draw = drawing(7)
  const counts = [0, 0, 0]
  let [first, all] = [0, 0]
  for (let i = 0; i < 6000; i++) {
    const { start, end, hidden } = blockMasks(20, { block: 8, share: 0.5, draw })
    counts[start / 8]!++
    first += hidden[0].length
    all += end - start
  }
  for (const count of counts) assert.ok(Math.abs(count - 2000) < 200, String(counts))
  assert.ok(Math.abs(first / all - 0.5) < 0.01)
})

test("With a share of 1 everything of a block is hidden in the first view, and nothing in the second.", () => {
  const { hidden } = blockMasks(6, { block: 6, share: 1, draw: drawing(1) })
  assert.deepEqual(hidden, [[0, 1, 2, 3, 4, 5], []])
})
