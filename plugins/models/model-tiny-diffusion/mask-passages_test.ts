import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { maskPassages } from "./mask-passages.ts"
import type { Passage } from "./passage.ts"

const mask = 99

const passage = (length: number, given: number): Passage => ({
  tokens: Int32Array.from({ length }, (_, i) => i),
  given,
})

const passages = fc.array(
  fc
    .integer({ min: 1, max: 12 })
    .chain((length) => fc.integer({ min: 0, max: length }).map((given) => passage(length, given))),
  { minLength: 1, maxLength: 5 },
)

test("what is given is never masked, of the rest at least one token is, and weights add up to the tokens in question", () => {
  fc.assert(
    fc.property(passages, fc.nat(1000), (all, place) => {
      const { tokens, targets, weights } = maskPassages(all, { mask, seed: 1, place, weighting: 1 })
      let at = 0
      for (const { tokens: original, given } of all) {
        const rows = Array.from(original, (_, i) => at + i)
        assert.deepEqual(
          rows.map((row) => targets[row]),
          [...original],
        )
        const masked = rows.filter((row) => tokens[row] === mask)
        assert.ok(masked.every((row) => row >= at + given))
        assert.equal(masked.length > 0, given < original.length)
        for (const row of rows) {
          const isMasked = tokens[row] === mask
          assert.equal(weights[row]! > 0, isMasked)
          if (!isMasked) assert.equal(tokens[row], targets[row])
        }
        const sum = rows.reduce((total, row) => total + weights[row]!, 0)
        assert.ok(Math.abs(sum - (original.length - given)) < 1e-4)
        at += original.length
      }
    }),
  )
})

test("the expected loss is that of masking each token with probability t ~ U(0, 1], weighted by 1/t", () => {
  // Where the loss of a masked token depends on the number k of masked ones alone, that is Σ f(k) over k = 1 … n.
  const n = 7
  const lossOf = (count: number): number => Math.sqrt(count) + (count === 3 ? 2 : 0)
  const expected = Array.from({ length: n }, (_, i) => lossOf(i + 1)).reduce((sum, loss) => sum + loss, 0)
  let sum = 0
  const rounds = 2000
  for (let place = 0; place < rounds; place++) {
    const { tokens, weights } = maskPassages([passage(n + 2, 2)], { mask, seed: 3, place, weighting: 1 })
    const count = tokens.filter((token) => token === mask).length
    sum += weights.reduce((total, weight) => total + weight * lossOf(count), 0) / rounds
  }
  assert.ok(Math.abs(sum / expected - 1) < 0.02, `${sum} where ${expected} is right`)
})

test("every position is masked as often as any other, and the rates of a batch are spread evenly", () => {
  const hidden = new Float64Array(6)
  for (let place = 0; place < 3000; place++)
    maskPassages([passage(6, 0)], { mask, seed: 5, place, weighting: 1 }).tokens.forEach((token, i) => {
      if (token === mask) hidden[i]!++
    })
  for (const count of hidden) assert.ok(Math.abs(count / 3000 - 7 / 12) < 0.04, String(hidden))
  const many = Array.from({ length: 100 }, () => passage(10, 0))
  const { tokens } = maskPassages(many, { mask, seed: 5, place: 0, weighting: 1 })
  const counts = many.map((_, i) => tokens.subarray(10 * i, 10 * i + 10).filter((t) => t === mask).length)
  for (let k = 1; k <= 10; k++) {
    const found = counts.filter((count) => count === k).length
    assert.ok(found >= 8 && found <= 12, `${found} passages have ${k} masks`)
  }
})

test("masks are a function of seed and place", () => {
  const draw = (seed: number, place: number): string =>
    maskPassages([passage(30, 0)], { mask, seed, place, weighting: 1 }).tokens.join()
  assert.equal(draw(1, 2), draw(1, 2))
  assert.notEqual(draw(1, 2), draw(1, 3))
  assert.notEqual(draw(1, 2), draw(2, 2))
})

test("without weighting every masked token counts the same", () => {
  const { tokens, weights } = maskPassages([passage(9, 2), passage(20, 0)], {
    mask,
    seed: 7,
    place: 1,
    weighting: 0,
  })
  assert.deepEqual(
    [...weights],
    Array.from(tokens, (token) => Number(token === mask)),
  )
})
