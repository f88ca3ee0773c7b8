import assert from "node:assert/strict"
import { test } from "node:test"
import { thresholdWeights } from "./_testing.ts"
import { filterOf } from "./filter.ts"
import { judgeFilter, recallAtPrecision } from "./judge-filter.ts"

const table = {
  count: 2,
  block: 3,
  confidences: Float32Array.of(0.9, 0.8, 0.7, 0.6, 0.6, 0.99),
  labels: Float32Array.of(1, 0, 1, 1, 0, 1),
  // What is filled is not judged.
  masked: Float32Array.of(1, 1, 1, 1, 1, 0),
}

test("A filter is judged by the masked positions it takes for final.", () => {
  const filter = filterOf(thresholdWeights(3, 10, 0.75))
  assert.deepEqual(judgeFilter(table, filter, 0.5), {
    precision: 1 / 2,
    recall: 1 / 3,
    falsePositives: 1 / 2,
  })
  assert.deepEqual(judgeFilter(table, filterOf(thresholdWeights(3, 10, 2)), 0.5), {
    precision: 1,
    recall: 0,
    falsePositives: 0,
  })
})

test("The recall of confidences alone is the most that any threshold has at a precision; equal ones go together.", () => {
  assert.equal(recallAtPrecision(table, 1), 1 / 3)
  assert.equal(recallAtPrecision(table, 2 / 3), 2 / 3)
  assert.equal(recallAtPrecision(table, 0.6), 1)
  assert.equal(recallAtPrecision(table, 0.61), 2 / 3)
})
