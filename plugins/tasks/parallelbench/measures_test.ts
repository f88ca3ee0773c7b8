import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { fastestReaching, oracleChoice, orderFromLeft, parallelizability, slope } from "./measures.ts"

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} where ${expected} is right`)

const reached = [
  { tokensPerStep: 1, score: 1 },
  { tokensPerStep: 2, score: 0.8 },
  { tokensPerStep: 4, score: 0.1 },
]

test("parallelizability weighs tokens per step by score", () => {
  near(parallelizability(reached), (1 + 1.6 + 0.4) / 1.9)
  assert.equal(parallelizability([{ tokensPerStep: 8, score: 0 }]), 0)
  near(parallelizability([1, 2, 4].map((tokensPerStep) => ({ tokensPerStep, score: 1 }))), 7 / 3)
})

test("the fastest setting of a quality is the one of most tokens per step", () => {
  assert.equal(fastestReaching(reached, 0.75), 2)
  assert.equal(fastestReaching(reached, 0.05), 4)
  assert.equal(fastestReaching(reached.slice(1), 0.9), undefined)
})

test("an oracle takes the best score of every sample in the fewest steps", () => {
  const samples = [
    [
      { steps: 1, score: 0 },
      { steps: 4, score: 1 },
      { steps: 8, score: 1 },
    ],
    [
      { steps: 2, score: 0.5 },
      { steps: 6, score: 0.5 },
    ],
  ]
  assert.deepEqual(oracleChoice(samples), { steps: 3, score: 0.75 })
})

test("a slope is that of the line, whatever lies evenly around it", () => {
  near(
    slope([
      [1, 3],
      [2, 5],
      [3, 7],
    ]),
    2,
  )
  near(
    slope([
      [0, 1],
      [0, -1],
      [2, -3],
      [2, -5],
    ]),
    -2,
  )
  assert.equal(
    slope([
      [1, 1],
      [1, 2],
    ]),
    0,
  )
})

test("an order is compared with that from left to right", () => {
  assert.equal(orderFromLeft([0, 1, 2, 3]), 1)
  assert.equal(orderFromLeft([3, 2, 1, 0]), -1)
  assert.equal(orderFromLeft([2, 2, 2]), 0)
  assert.equal(orderFromLeft([]), 0)
  // Four pairs in order, two tied, of six.
  near(orderFromLeft([0, 0, 1, 1]), 4 / Math.sqrt(24))
})

test("an order read backwards has the opposite sign", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { minLength: 2, maxLength: 12 }), (steps) => {
      near(orderFromLeft(steps), -orderFromLeft(steps.toReversed()))
      assert.ok(Math.abs(orderFromLeft(steps)) <= 1 + 1e-12)
    }),
  )
})
