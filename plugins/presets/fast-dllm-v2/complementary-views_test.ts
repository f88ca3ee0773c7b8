import assert from "node:assert/strict"
import { test } from "node:test"
import { type LaidPassages, noiseDraws } from "@parade/model-adaptation"
import { complementaryViews } from "./recipe-mod.ts"

const mask = 99
const block = 4

/** Passages of 7 and 9 tokens in blocks of 4, their prompts 3 and 2; then what is left. */
const laid: LaidPassages = (() => {
  const length = 24
  const tokens = new Int32Array(length).fill(mask)
  const passages = new Int32Array(length).fill(2)
  const positions = new Int32Array(length)
  const answers = new Uint8Array(length)
  for (const [number, from, count, end, given] of [
    [0, 0, 7, 8, 3],
    [1, 8, 9, 20, 2],
  ] as const)
    for (let i = from; i < end; i++) {
      passages[i] = number
      positions[i] = i - from
      if (i - from >= count) continue
      tokens[i] = 10 + i
      answers[i] = i - from >= given ? 1 : 0
    }
  for (let i = 20; i < length; i++) positions[i] = i - 20
  return { tokens, positions, passages, answers }
})()
const { length } = laid.tokens
const views = (place: number) => complementaryViews(laid, { block, mask, draw: noiseDraws(3, place) })

test("the two masks of a pair partition the tokens of answers; prompts and padding are never masked or learnt", () => {
  const shares: number[] = []
  for (let place = 0; place < 50; place++) {
    const [first, second] = views(place)
    for (let i = 0; i < length; i++) {
      const masked = [first!, second!].map(({ tokens }) => tokens[i] === mask && laid.tokens[i] !== mask)
      assert.equal(masked.filter(Boolean).length, laid.answers[i])
    }
    for (const { tokens, targets, weights } of [first!, second!]) {
      // The clean half is clean, and learns nothing.
      assert.deepEqual([...tokens.subarray(length)], [...laid.tokens])
      assert.ok(weights[0]!.subarray(length).every((weight) => weight === 0))
      for (let i = 0; i < length; i++) {
        const predicts = i + 1 < length && tokens[i + 1] === mask && laid.answers[i + 1] === 1
        assert.equal(weights[0]![i], predicts ? 1 : 0)
        if (predicts) assert.equal(targets[i], laid.tokens[i + 1])
      }
    }
    shares.push(first!.weights[0]!.reduce((sum, weight) => sum + weight, 0) / 11)
  }
  // All rates occur.
  assert.ok(Math.min(...shares) < 0.3 && Math.max(...shares) > 0.7)
})

test("a noisy block sees itself and the clean blocks before it, a clean one itself and those before it, in its passage", () => {
  const [{ sees, positions }] = views(0) as [ReturnType<typeof views>[number]]
  const rows = 2 * length
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < rows; column++) {
      const [a, b] = [row % length, column % length]
      const [blockA, blockB] = [Math.floor(a / block), Math.floor(b / block)]
      const together = laid.passages[a] === laid.passages[b]
      const expected =
        row < length
          ? column < length
            ? blockA === blockB
            : together && blockB < blockA
          : column >= length && together && blockB <= blockA
      assert.equal(sees[row * rows + column] === 1, expected, `${row} sees ${column}`)
    }
  assert.deepEqual([...positions.subarray(0, length)], [...positions.subarray(length)])
})

test("however many layers there are, nothing is seen but what is seen at once", () => {
  const [{ sees }] = views(0) as [ReturnType<typeof views>[number]]
  const rows = 2 * length
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < rows; b++)
      if (sees[a * rows + b] === 1)
        for (let c = 0; c < rows; c++)
          if (sees[b * rows + c] === 1) assert.equal(sees[a * rows + c], 1, `${a} sees ${b} sees ${c}`)
})

test("in blocks of one position the clean half is causal", () => {
  const whole: LaidPassages = {
    tokens: Int32Array.from({ length: 6 }, (_, i) => i),
    positions: Int32Array.from({ length: 6 }, (_, i) => i),
    passages: new Int32Array(6),
    answers: new Uint8Array(6).fill(1, 2),
  }
  const [view] = complementaryViews(whole, { block: 1, mask, draw: noiseDraws(1, 1) })
  for (let row = 6; row < 12; row++)
    for (let column = 6; column < 12; column++)
      assert.equal(view!.sees[row * 12 + column], column <= row ? 1 : 0)
})
