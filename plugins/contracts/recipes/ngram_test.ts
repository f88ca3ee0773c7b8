import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import fc from "fast-check"
import { kneserNey } from "./mod.ts"

/** The probability of a token after others. */
const after = (model: ReturnType<typeof kneserNey>, history: readonly number[], token: number): number => {
  const tokens = Int32Array.from(history)
  const targets = Int32Array.from([...history.slice(1), token])
  // Only the last target counts: what came before is taken away again.
  const before =
    history.length === 1
      ? 0
      : model.loss({ tokens: tokens.subarray(0, -1), targets: targets.subarray(0, -1) })
  return Math.exp((history.length - 1) * before - history.length * model.loss({ tokens, targets }))
}

test("probabilities after any tokens sum to one, whether they were seen or not", () => {
  const token = fc.integer({ min: 0, max: 4 })
  fc.assert(
    fc.property(
      fc.array(token, { minLength: 1, maxLength: 40 }),
      fc.array(token, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 4 }),
      (stream, history, order) => {
        const model = kneserNey([Int32Array.from(stream)], { order, vocabulary: 5 })
        let sum = 0
        for (let i = 0; i < 5; i++) sum += after(model, history, i)
        assert.ok(Math.abs(sum - 1) < 1e-9, `${sum}`)
      },
    ),
    { numRuns: 60 },
  )
})

test("bigrams are discounted and filled up as the formula says", () => {
  // Pairs: 01 twice, 10 once, 12 once; once 2, twice 1: discount 2 / (2 + 2) = 0.5.
  // Continuations: 0 after 1 token, 1 after 1, 2 after 1; no pair once more: discount 0.5, as 3 are seen once.
  const model = kneserNey([Int32Array.of(0, 1, 0, 1, 2)], { order: 2, vocabulary: 3 })
  const unigram = (0.5 + (0.5 * 3) / 3) / 3
  const seen = (1 - 0.5 + 0.5 * 2 * unigram) / 2
  assert.ok(Math.abs(after(model, [1], 2) - seen) < 1e-12)
  const unseen = (0.5 * 1 * unigram) / 2
  assert.ok(Math.abs(after(model, [0], 2) - unseen) < 1e-12)
})

test("longer sequences predict better where the next token follows from the last three", () => {
  const stream = [0, 1, 2]
  for (let i = 3; i < 3000; i++) {
    const law = (stream[i - 3]! * 5 + stream[i - 1]! * 3) % 7
    stream.push(uniform(1, "noise", i) < 0.9 ? law : Math.floor(uniform(2, "noise", i) * 7))
  }
  const [train, test] = [Int32Array.from(stream.slice(0, 2500)), Int32Array.from(stream.slice(2500))]
  const [single, four] = [1, 4].map((order) =>
    kneserNey([train], { order, vocabulary: 7 }).loss({
      tokens: test.subarray(0, -1),
      targets: test.subarray(1),
    }),
  )
  assert.ok(four! < 0.4 * single!, `${single}, ${four}`)
})

test("an order whose sequences do not fit into numbers is refused", () => {
  assert.throws(() => kneserNey([], { order: 6, vocabulary: 1024 }), { code: "recipe.bad-ngram" })
})
