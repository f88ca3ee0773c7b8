import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import {
  entropyOf,
  fillSlots,
  singleAnswer,
  spansOf,
  stepwiseLoss,
  totalCorrelation,
} from "./answer-space.ts"

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9, `${actual} where ${expected} is right`)

test("entropy is that of the shares", () => {
  near(entropyOf([1, 1, 1, 1]), 2)
  near(entropyOf([0.5, 0.25, 0.25]), 1.5)
  near(entropyOf([7, 0]), 0)
})

test("independent slots lose nothing, equal ones all but one of their bits", () => {
  near(totalCorrelation(["00", "01", "10", "11"].map((bits) => [...bits])), 0)
  near(totalCorrelation([[..."000"], [..."111"]]), 2)
})

test("a Latin square of four symbols loses 32 − log2 576 bits when drawn at once", () => {
  const rows = [
    "0123",
    "0132",
    "0213",
    "0231",
    "0312",
    "0321",
    "1023",
    "1032",
    "1203",
    "1230",
    "1302",
    "1320",
  ]
  const all = [...rows, ...rows.map((row) => Array.from(row, (digit) => 3 - Number(digit)).join(""))]
  const fits = (above: readonly string[], row: string) =>
    above.every((other) => [...other].every((digit, i) => digit !== row[i]))
  const squares = (above: readonly string[]): string[][] =>
    above.length === 4
      ? [[...above.join("")]]
      : all.filter((row) => fits(above, row)).flatMap((row) => squares([...above, row]))
  const found = squares([])
  assert.equal(found.length, 576)
  near(totalCorrelation(found), 32 - Math.log2(576))
})

test("slots drawn one by one lose nothing, and no merging of steps loses less", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)), { minLength: 1, maxLength: 12 }),
      (answers) => {
        const texts = answers.map((answer) => answer.map(String))
        near(stepwiseLoss(texts, [[2], [0], [1]]), 0)
        const merged = stepwiseLoss(texts, [[0, 2], [1]])
        assert.ok(merged > -1e-9 && merged <= totalCorrelation(texts) + 1e-9)
      },
    ),
  )
})

test("slots are filled where they are, whatever the length", () => {
  const answer = '["A", "BC"]'
  const slots = spansOf(["A", "BC"], '", "', 2)
  assert.deepEqual(
    slots.map(({ start, end }) => answer.slice(start, end)),
    ["A", "BC"],
  )
  assert.equal(fillSlots(answer, slots, ["xyz", ""]), '["xyz", ""]')
  assert.deepEqual([...singleAnswer(answer, slots).enumerate()], [["A", "BC"]])
})
