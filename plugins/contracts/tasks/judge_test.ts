import assert from "node:assert/strict"
import { test } from "node:test"
import { neighbours } from "./_fixtures.ts"
import { examples } from "./examples.ts"
import { judge } from "./judge.ts"

const asked = Array.from(examples(neighbours, { split: "test", count: 20 }))

test("own answers are all right", () => {
  const { count, accuracy, error, partial, strict, categories } = judge(
    asked.map((example) => ({ example, text: example.answer })),
  )
  assert.deepEqual(
    { count, accuracy, error, partial, strict },
    { count: 20, accuracy: 1, error: 0, partial: 1, strict: 1 },
  )
  assert.deepEqual(Object.keys(categories), ["after", "before"])
  assert.equal(categories["before"]!.count, 10)
})

test("quality is told for all and for each category", () => {
  const answers = asked.map((example) => ({
    example,
    text: example.category === "after" ? ` ${example.answer}` : "",
  }))
  const { accuracy, error, strict, categories } = judge(answers)
  assert.equal(accuracy, 0.5)
  assert.equal(strict, 0)
  assert.ok(Math.abs(error - Math.sqrt(0.25 / 20)) < 1e-12)
  assert.deepEqual([categories["after"]!.accuracy, categories["before"]!.accuracy], [1, 0])
})

test("no answers are no quality, and no division by zero", () => {
  assert.deepEqual(judge([]), { count: 0, accuracy: 0, error: 0, partial: 0, strict: 0, categories: {} })
})
