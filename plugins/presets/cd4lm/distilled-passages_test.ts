import assert from "node:assert/strict"
import { test } from "node:test"
import { type LaidPassages, noiseDraws } from "@parade/model-adaptation"
import { distilledPassages } from "./recipe-mod.ts"

const mask = 99
/** Two passages of a prompt of three and an answer of five, and a place that belongs to none. */
const laid: LaidPassages = {
  tokens: Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 11, 12, 13, 14, 15, 16, 17, 18, mask),
  positions: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7, 0),
  passages: Int32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2),
  answers: Uint8Array.of(0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0),
}
const options = { least: 0.4, most: 0.9, short: 0, mask, soft: "student" } as const

test("Only answers are masked, and what counts is exactly what the student does not see.", () => {
  for (let place = 0; place < 100; place++) {
    const { student, teacher, targets, places, weights } = distilledPassages(laid, {
      ...options,
      draw: noiseDraws(1, place),
    })
    assert.deepEqual(targets, laid.tokens)
    laid.tokens.forEach((token, i) => {
      const hidden = student.tokens[i] === mask && token !== mask
      assert.equal(weights.hard[i], hidden ? 1 : 0)
      assert.equal(weights.soft[i], weights.hard[i])
      if (hidden) assert.equal(laid.answers[i], 1)
      else assert.equal(student.tokens[i], token)
      const fromBoth = teacher.tokens[i] === mask && token !== mask
      assert.equal(weights.watched[i], fromBoth ? 1 : 0)
      if (fromBoth) assert.ok(hidden)
      assert.equal(places[i], i)
    })
    for (const [from, to] of [
      [3, 8],
      [11, 16],
    ] as const)
      assert.ok(weights.hard.subarray(from, to).some((weight) => weight > 0))
  }
})

test("The divergence may count only where the teacher sees no token either.", () => {
  const { weights } = distilledPassages(laid, { ...options, soft: "teacher", draw: noiseDraws(1, 1) })
  assert.deepEqual(weights.soft, weights.watched)
})
