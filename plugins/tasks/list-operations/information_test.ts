import assert from "node:assert/strict"
import { test } from "node:test"
import { stepwiseLoss } from "@parade/tasks"
import { listCorrelation, replaceRandomStepLoss, shuffleStepLoss } from "./information.ts"

const near = (actual: number, expected: number, digits = 4): void =>
  assert.ok(Math.abs(actual - expected) < 0.6 * 10 ** -digits, `${actual} where ${expected} is right`)

test("lists of six items lose the published bits", () => {
  near(listCorrelation("replace-random", 6), 1.3152)
  near(listCorrelation("insert-random", 6), 4.88)
  near(listCorrelation("remove-random", 6), 1.5517)
  near(shuffleStepLoss([6]), 6.0179)
  near(listCorrelation("shuffle", 6), 6.0199)
})

test("what has one right answer loses nothing", () => {
  for (const operation of [
    "copy",
    "reverse",
    "sort",
    "insert-index",
    "replace-index",
    "remove-index",
  ] as const)
    assert.equal(listCorrelation(operation, 9), 0)
})

test("replacing at random loses log2 e bits on long lists, shuffling ever more", () => {
  near(listCorrelation("replace-random", 100_000), Math.LOG2E)
  assert.ok(listCorrelation("shuffle", 20) > 20)
})

function* orders(items: readonly string[]): Generator<readonly string[]> {
  if (items.length === 0) yield []
  else
    for (const [i, first] of items.entries())
      for (const rest of orders(items.toSpliced(i, 1))) yield [first, ...rest]
}

const partitions = [[6], [3, 3], [2, 2, 2], [1, 2, 3], [3, 2, 1], [1, 1, 1, 1, 1, 1], [4, 2]]

/** Places in another order than from left to right, in steps of the sizes. */
const stepsOf = (sizes: readonly number[]): readonly (readonly number[])[] => {
  const places = [3, 0, 5, 1, 4, 2]
  let at = 0
  return sizes.map((size) => places.slice(at, (at += size)))
}

test("the bits of shuffling step by step are those of enumeration, whatever the places", () => {
  const all = [...orders(["a", "b", "c", "d", "e", "f"])]
  for (const sizes of partitions) near(shuffleStepLoss(sizes), stepwiseLoss(all, stepsOf(sizes)), 9)
  near(shuffleStepLoss([2, 2, 2]), Math.log2((6 * 4 * 2) / (5 * 3)), 9)
})

test("the bits of replacing step by step are those of enumeration, whatever the places", () => {
  const all = Array.from({ length: 6 }, (_, at) => ["a", "b", "c", "d", "e", "f"].with(at, "X"))
  for (const sizes of partitions) near(replaceRandomStepLoss(sizes), stepwiseLoss(all, stepsOf(sizes)), 9)
})

test("one item per step loses nothing, and finer steps never lose more", () => {
  for (const loss of [shuffleStepLoss, replaceRandomStepLoss]) {
    near(loss([1, 1, 1, 1, 1, 1, 1, 1]), 0, 9)
    const halving = [[8], [4, 4], [2, 2, 2, 2]].map(loss)
    assert.deepEqual(
      halving,
      halving.toSorted((a, b) => b - a),
    )
  }
})
