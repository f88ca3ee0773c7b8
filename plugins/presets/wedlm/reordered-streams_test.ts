import assert from "node:assert/strict"
import { test } from "node:test"
import { type LaidPassages, noiseDraws } from "@parade/model-adaptation"
import { reorderedStreams } from "./recipe-mod.ts"

const mask = 99
const block = 4

/** Passages of 7 and 9 tokens one after the other, their prompts 3 and 2. */
const laid: LaidPassages = (() => {
  const tokens = Int32Array.from({ length: 16 }, (_, i) => 10 + i)
  const passages = Int32Array.from(tokens, (_, i) => (i < 7 ? 0 : 1))
  const positions = Int32Array.from(tokens, (_, i) => (i < 7 ? i : i - 7))
  const answers = Uint8Array.from(tokens, (_, i) => (i < 7 ? (i >= 3 ? 1 : 0) : i >= 9 ? 1 : 0))
  return { tokens, positions, passages, answers }
})()
const { length } = laid.tokens
const streams = (place: number) => reorderedStreams(laid, { block, mask, draw: noiseDraws(3, place) })
/** The noisy blocks as places of the sequence. */
const blocks = [[0, 1, 2, 3], [4, 5, 6], [7, 8, 9, 10], [11, 12, 13, 14], [15]]
/** The place of the sequence that a row of the noisy half stands for. */
const placeOf = (positions: Int32Array, row: number): number => {
  const found = blocks.find((places) => row - length >= places[0]! && row - length <= places.at(-1)!)!
  return found.find((place) => laid.positions[place] === positions[row])!
}

test("a noisy block is a permutation of itself, known tokens in order before masks in order, each at its position", () => {
  let reordered = 0
  for (let at = 0; at < 40; at++) {
    const { tokens, positions } = streams(at)
    assert.deepEqual([...tokens.subarray(0, length)], [...laid.tokens])
    assert.deepEqual([...positions.subarray(0, length)], [...laid.positions])
    for (const places of blocks) {
      const rows = places.map((place) => length + place)
      const order = rows.map((row) => placeOf(positions, row))
      assert.deepEqual(
        [...order].sort((a, b) => a - b),
        places,
      )
      const known = rows.filter((row) => tokens[row] !== mask).map((row) => placeOf(positions, row))
      const hidden = rows.filter((row) => tokens[row] === mask).map((row) => placeOf(positions, row))
      assert.deepEqual(order, [...known.sort((a, b) => a - b), ...hidden.sort((a, b) => a - b)])
      for (const place of hidden) assert.equal(laid.answers[place], 1)
      if (order.some((place, i) => place !== places[i])) reordered++
    }
  }
  assert.ok(reordered > 20)
})

test("masks predict their own token and count one by their rate; the clean half predicts the next token of answers", () => {
  for (let at = 0; at < 20; at++) {
    const { tokens, positions, targets, weights } = streams(at)
    const [masked, plain] = weights as [Float32Array, Float32Array]
    for (let row = 0; row < 2 * length; row++) {
      const isMask = tokens[row] === mask
      assert.equal(masked[row]! > 0, isMask)
      if (isMask) assert.equal(targets[row], laid.tokens[placeOf(positions, row)])
      const next = row + 1 < length && laid.answers[row + 1] === 1
      assert.equal(plain[row], next ? 1 : 0)
      if (next) assert.equal(targets[row], laid.tokens[row + 1])
    }
    for (const places of blocks) {
      const rates = places.map((place) => masked[length + place]!).filter((weight) => weight > 0)
      const open = places.filter((place) => laid.answers[place] === 1).length
      for (const weight of rates) {
        assert.equal(weight, rates[0])
        assert.equal(Math.round(open / weight), rates.length)
      }
    }
  }
})

test("the clean half is causal and sees no noise; a noisy block sees clean blocks before it, and itself in order", () => {
  const { sees, positions } = streams(1)
  const rows = 2 * length
  const blockOf = (place: number): number => blocks.findIndex((places) => places.includes(place))
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < rows; column++) {
      const a = row < length ? row : placeOf(positions, row)
      const b = column < length ? column : placeOf(positions, column)
      const together = laid.passages[a] === laid.passages[b]
      const expected =
        row < length
          ? column <= row && together
          : column < length
            ? together && blockOf(b) < blockOf(a)
            : blockOf(a) === blockOf(b) && column <= row
      assert.equal(sees[row * rows + column] === 1, expected, `${row} sees ${column}`)
    }
  for (let a = 0; a < rows; a++)
    for (let b = 0; b < rows; b++)
      if (sees[a * rows + b] === 1)
        for (let c = 0; c < rows; c++)
          if (sees[b * rows + c] === 1) assert.equal(sees[a * rows + c], 1, `${a} sees ${b} sees ${c}`)
})
