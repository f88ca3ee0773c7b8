import assert from "node:assert/strict"
import { test } from "node:test"
import type { CanvasView, Unmasker } from "@parade/denoising"
import { canvasView, fills, openUnmasker, tableDistribution } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as fc from "fast-check"
import { makeCredits } from "./credits.ts"
import { fused } from "./fused-distribution.ts"
import { creditDecoding, type CreditDecodingOptions } from "./mod.ts"

const defaults = { strength: 0.65, decay: 0.7, exponent: 0.2 }

/** A rule that records what it is shown, and fills nothing but the first. */
const recording = (seen: CanvasView[]): Unmasker => ({
  name: "recording",
  open: () => ({
    propose: (view) => {
      seen.push(view)
      return [{ positions: [view.open[0]!.position], tokens: [view.open[0]!.token] }]
    },
  }),
})

/** The fused confidences and tokens of position 0 over steps of given probabilities. */
const steps = (
  rows: readonly (readonly number[])[],
  change: Partial<CreditDecodingOptions> = {},
): readonly { readonly confidence: number; readonly token: number }[] => {
  const seen: CanvasView[] = []
  const unmasker = creditDecoding({ ...defaults, rule: recording(seen), ...change })
  const unmasking = openUnmasker(unmasker, canvasView([rows[0]!]))
  for (const row of rows) unmasking.propose(canvasView([row]))
  return seen.map(({ open }) => ({ confidence: open[0]!.confidence, token: open[0]!.token }))
}

const repeat = (count: number, row: readonly number[]): readonly (readonly number[])[] =>
  Array.from({ length: count }, () => row)

const close = (actual: readonly number[], expected: readonly number[]): void =>
  expected.forEach((value, i) => assert.ok(Math.abs(actual[i]! - value) < 5e-6, `${actual[i]} ≠ ${value}`))

test("constant probabilities give the confidences of the paper's formulas", () => {
  const constant = repeat(200, [0.6, 0.4])
  const confidences = steps(constant).map(({ confidence }) => confidence)
  close(confidences, [0.69501, 0.73303, 0.75299])
  close([confidences.at(-1)!], [0.7872])
  confidences.slice(1, 30).forEach((confidence, i) => assert.ok(confidence > confidences[i]!))
})

test("the credit of a token that stays the likeliest grows to p^γ / (1 − β)", () => {
  const p = 0.6
  // `p̂ / (1 − p̂) = (1 + C)^α p / (1 − p)` where nothing else has credit.
  const credits = steps(repeat(200, [p, 1 - p])).map(
    ({ confidence: c }) => (((c / (1 - c)) * (1 - p)) / p) ** (1 / defaults.strength) - 1,
  )
  close(credits, [0.90288, 1.5349, 1.97731])
  close([credits.at(-1)!], [3.0096])
})

test("with the credit the threshold is reached in the second step, or never", () => {
  const view = canvasView([
    [0.6, 0.4],
    [0.5, 0.5],
  ])
  const at = (tau: number): Unmasker => creditDecoding({ ...defaults, rule: threshold({ threshold: tau }) })
  const unmasking = openUnmasker(at(0.7), view)
  assert.ok(unmasking.propose(view)[0].positions.includes(0))
  const confidences = steps(repeat(100, [0.6, 0.4])).map((s) => s.confidence)
  assert.equal(
    confidences.findIndex((c) => c >= 0.7),
    1,
  )
  assert.ok(confidences.every((c) => c < 0.9))
})

test("the reach: what raw probability a first step needs to pass 0.9, and what it can never do with less", () => {
  const first = (p: number): number => steps([[p, 1 - p]])[0]!.confidence
  assert.ok(first(0.8529) >= 0.9 && first(0.8527) < 0.9)
  const last = (p: number, change: Partial<CreditDecodingOptions> = {}): number =>
    steps(repeat(300, [p, 1 - p]), change).at(-1)!.confidence
  assert.ok(last(0.7806) >= 0.9 && last(0.7804) < 0.9)
  assert.ok(last(0.8813) >= 0.95 && last(0.8811) < 0.95)
  // The defaults of dInfer.
  const dInfer = { strength: 0.7, decay: 0.8, exponent: 0.2 }
  assert.ok(last(0.7272, dInfer) >= 0.9 && last(0.727, dInfer) < 0.9)
})

test("without strength it is the rule, without decay-memory each step stands alone", () => {
  const row = fc
    .array(fc.double({ min: 0.01, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 })
    .map((list) => list.map((x) => x / list.reduce((a, b) => a + b)))
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 6 }), (rows) => {
      const rule = threshold({ threshold: 0.5 })
      const view = canvasView(rows)
      assert.deepEqual(fills(creditDecoding({ ...defaults, rule, strength: 0 }), view), fills(rule, view))
      const alone = steps([rows[0]!])[0]!.confidence
      const repeated = steps([...rows, rows[0]!], { decay: 0 }).at(-1)!.confidence
      // A rival of an earlier step has lost all its credit.
      assert.ok(Math.abs(alone - repeated) < 1e-12)
    }),
  )
})

test("a token that led for long still leads when another draws level, until the credit is gone", () => {
  const flip = [...repeat(5, [0.6, 0.4]), ...repeat(12, [0.48, 0.52])]
  const tokens = steps(flip).map(({ token }) => token)
  assert.equal(tokens[5], 0)
  assert.equal(tokens.at(-1), 1)
  assert.equal(steps(flip, { decay: 0 })[5]!.token, 1)
})

test("a credited rival can lower the confidence", () => {
  const factors = new Map([
    [0, 1.9 ** 0.65],
    [1, 2.2 ** 0.65],
  ])
  const one = fused(tableDistribution(Float64Array.of(0.5, 0.45, 0.05)), factors)
  assert.ok(Math.abs(one.probability(one.argmax()) - 0.486) < 2e-3)
})

test("a block begins without credit", () => {
  const seen: CanvasView[] = []
  const view = canvasView([[0.6, 0.4]])
  const unmasking = openUnmasker(creditDecoding({ ...defaults, rule: recording(seen) }), view)
  unmasking.propose(view)
  unmasking.propose(view)
  unmasking.begin!(view.state, { ...view.stage, index: 1 })
  unmasking.propose(view)
  assert.equal(seen[2]!.open[0]!.confidence, seen[0]!.open[0]!.confidence)
})

test("without tuning the first step has no effect, because all is masked", () => {
  close([steps([[0.6, 0.4]], { tuningFree: true })[0]!.confidence], [0.6])
})

test("weighing a few tokens is the same as weighing all", () => {
  // Whole numbers of 64ths: what is not equal does not become so by rounding.
  const parts = (least: number, most: number) =>
    fc.integer({ min: 64 * least, max: 64 * most }).map((n) => n / 64)
  const weights = fc.array(parts(1, 60), { minLength: 9, maxLength: 9 })
  fc.assert(
    fc.property(
      weights,
      fc.dictionary(fc.constantFrom("0", "3", "5"), parts(1, 9)),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (list, some, u) => {
        const factors = new Map(Object.entries(some).map(([token, factor]) => [Number(token), factor]))
        const total = list.reduce((a, b) => a + b)
        const base = tableDistribution(Float64Array.from(list, (x) => x / total))
        const dense = list.map((x, i) => x * (factors.get(i) ?? 1))
        const sum = dense.reduce((a, b) => a + b)
        const expected = tableDistribution(Float64Array.from(dense, (x) => x / sum))
        const actual = fused(base, factors)
        for (let i = 0; i < 9; i++)
          assert.ok(Math.abs(actual.probability(i) - expected.probability(i)) < 1e-9)
        assert.ok(Math.abs(actual.entropy() - expected.entropy()) < 1e-9)
        assert.deepEqual([...actual.topK(3).tokens], [...expected.topK(3).tokens])
        assert.equal(actual.argmax(), expected.argmax())
        assert.equal(actual.draw(u), expected.draw(u))
      },
    ),
  )
})

test("credit is never negative, and at a position never more than 1 / (1 − β)", () => {
  const hits = fc.array(fc.tuple(fc.nat(3), fc.double({ min: 0.01, max: 1, noNaN: true })), { maxLength: 60 })
  fc.assert(
    fc.property(hits, fc.double({ min: 0, max: 0.95, noNaN: true }), (list, beta) => {
      const credits = makeCredits()
      for (const [token, probability] of list) {
        credits.decay(beta)
        credits.add(5, token, probability ** 0.2)
        const all = [...credits.at(5).values()]
        assert.ok(all.every((credit) => credit >= 0))
        assert.ok(all.reduce((sum, credit) => sum + credit, 0) <= 1 / (1 - beta) + 1e-9)
      }
    }),
  )
})

test("where only the likeliest token has credit, credit never makes it less confident", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.35, max: 0.999, noNaN: true }),
      fc.integer({ min: 1, max: 9 }),
      (p, count) => {
        const row = [p, (1 - p) / 2, (1 - p) / 2]
        for (const { confidence, token } of steps(repeat(count, row))) {
          assert.equal(token, 0)
          assert.ok(confidence >= p)
        }
      },
    ),
  )
})
