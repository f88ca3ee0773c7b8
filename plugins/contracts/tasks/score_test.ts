import assert from "node:assert/strict"
import { test } from "node:test"
import { equalTo, partly, sharedPlaces } from "./score.ts"

test("an exact answer may have space around it; then it is right but not strictly", () => {
  const score = equalTo(" 42")
  assert.deepEqual(score(" 42"), { correct: true, partial: 1, strict: true })
  assert.deepEqual(score("42\n"), { correct: true, partial: 1, strict: false })
})

test("what is partly right scores its share of characters", () => {
  assert.equal(equalTo("abcd")("abxd").partial, 0.75)
  assert.equal(equalTo("abcd")("ab").partial, 0.5)
  assert.equal(equalTo("ab")("abcd").partial, 0.5)
  assert.equal(equalTo("abcd")("").partial, 0)
  assert.equal(sharedPlaces([], []), 1)
})

test("what is wrong never scores 1", () => {
  assert.deepEqual(partly(1), { correct: false, partial: 0, strict: false })
})
