import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, confidenceRows, openUnmasker, positionsOf } from "@parade/test"
import * as fc from "fast-check"
import { fixedCount, type FixedCountOptions, transferCounts } from "./mod.ts"

test("masks are shared out over the steps, evenly, the larger shares first, none empty", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 300 }), (masks, steps) => {
      const counts = [...transferCounts(masks, steps)]
      assert.equal(
        counts.reduce((a, b) => a + b, 0),
        masks,
      )
      assert.equal(counts.length, Math.min(masks, steps))
      assert.deepEqual(
        counts,
        [...counts].sort((a, b) => b - a),
      )
      assert.ok(counts[0]! - counts.at(-1)! <= 1)
      assert.ok(counts.at(-1)! >= 1)
    }),
  )
})

const view = canvasView([
  [0.5, 0.4, 0.1],
  [0.45, 0.275, 0.275],
  [0.6, 0.4, 0],
  [0.5, 0.4, 0.1],
])
const first = (options: FixedCountOptions, seed = 1): readonly number[] =>
  positionsOf(openUnmasker(fixedCount(options), view, seed).propose(view)[0])

test("the highest scores are filled, the lowest position at ties", () => {
  assert.deepEqual(first({ by: "confidence" }), [2])
  assert.deepEqual(first({ by: "confidence", steps: 2 }), [0, 2])
  assert.deepEqual(first({ by: "margin", steps: 2 }), [1, 2])
  assert.deepEqual(first({ by: "entropy" }), [2])
  assert.deepEqual(first({ by: "position", steps: 2 }), [0, 1])
})

test("random order is another for another seed, and uniform", () => {
  const counts = [0, 0, 0, 0]
  for (let seed = 0; seed < 400; seed++) counts[first({ by: "random" }, seed)[0]!]!++
  for (const count of counts) assert.ok(Math.abs(count - 100) < 45, String(counts))
})

test("every block is shared out anew", () => {
  const eight = canvasView(confidenceRows(new Array<number>(8).fill(0.5)))
  const unmasking = openUnmasker(fixedCount({ by: "confidence", steps: 3 }), eight)
  const sizes = [0, 1, 2].map(() => unmasking.propose(eight)[0].positions.length)
  assert.deepEqual(sizes, [3, 3, 2])
  unmasking.begin!(view.state, view.stage)
  assert.equal(unmasking.propose(view)[0].positions.length, 2)
})
