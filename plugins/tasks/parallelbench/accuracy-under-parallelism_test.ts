import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { type AccuracyAt, accuracyUnderParallelism } from "./mod.ts"

const points = (...list: readonly (readonly [number, number])[]): readonly AccuracyAt[] =>
  list.map(([tokensPerForward, accuracy]) => ({ tokensPerForward, accuracy }))

test("The published scores come out.", () => {
  const vectors: readonly (readonly [readonly AccuracyAt[], number, number])[] = [
    [points([1, 79.6], [8.47, 78.77]), 80.21, 648.979],
    [points([1, 80.21], [6.32, 79.91]), 80.21, 503.757],
    [points([1, 74.02], [9.11, 73.09]), 80.21, 539.227],
    [points([1, 72.55]), 80.21, 72.55],
    [points([1, 41.82], [5.17, 40.4]), 43.14, 190.987],
    [points([1, 42.8], [3.38, 41.6], [3.53, 41.2], [3.77, 40.8], [3.95, 40.2], [4.09, 39.4]), 63.6, 89.266],
  ]
  for (const [reached, best, expected] of vectors)
    assert.ok(Math.abs(accuracyUnderParallelism(reached, { best }) - expected) < 5e-4)
})

const reached = fc
  .array(
    fc.tuple(fc.double({ min: 0.1, max: 20, noNaN: true }), fc.double({ min: 1, max: 100, noNaN: true })),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((list) => points(...list))

test("The order of settings does not matter, and one too far below the slowest's accuracy counts for nothing.", () => {
  fc.assert(
    fc.property(reached, fc.double({ min: 20, max: 40, noNaN: true }), (list, far) => {
      const score = accuracyUnderParallelism(list, { best: 100 })
      assert.ok(Math.abs(accuracyUnderParallelism(list.toReversed(), { best: 100 }) - score) < 1e-9 * score)
      const slowest = list.reduce((a, b) => (b.tokensPerForward < a.tokensPerForward ? b : a))
      const low = { tokensPerForward: far, accuracy: Math.max(0, slowest.accuracy - 5.01) }
      if (slowest.accuracy > 5.01)
        assert.equal(accuracyUnderParallelism([...list, low], { best: 100 }), score)
    }),
  )
})

test("It is at most the most tokens per forward times the best accuracy.", () => {
  fc.assert(
    fc.property(reached, (list) => {
      const best = Math.max(...list.map(({ accuracy }) => accuracy))
      const fastest = Math.max(...list.map(({ tokensPerForward }) => tokensPerForward))
      assert.ok(accuracyUnderParallelism(list, { best }) <= fastest * best * (1 + 1e-9))
    }),
  )
})

test("Nothing, and what is no percent, are refused.", () => {
  assert.throws(() => accuracyUnderParallelism([], { best: 100 }), RangeError)
  assert.throws(() => accuracyUnderParallelism(points([1, 101]), { best: 100 }), RangeError)
  assert.throws(() => accuracyUnderParallelism(points([1, 50]), { best: 0 }), RangeError)
})
