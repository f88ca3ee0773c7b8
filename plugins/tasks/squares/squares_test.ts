import assert from "node:assert/strict"
import { test } from "node:test"
import { type Draws, drawsFor, examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { latinSquares, openHoles, sudokus } from "./draw-square.ts"
import { type Grid, hole, hasOneSolution, rulesOf, solutions, unitsHeld } from "./grid.ts"
import { SquaresConfig, squaresTask } from "./mod.ts"

const exercises = (config: unknown, count = 60) => {
  const task = Effect.runSync(squaresTask(Schema.decodeUnknownSync(SquaresConfig)(config)))
  return Array.from(examples(task, { split: "train", count }))
}

/** Whether a text of four lines keeps the rules of sudoku, checked the plain way. */
const isSudoku = (text: string): boolean => {
  const rows = text.split("\n").map((line) => line.split(","))
  const groups = [0, 1, 2, 3].flatMap((i) => [
    rows[i]!,
    rows.map((row) => row[i]!),
    [0, 1, 2, 3].map((j) => rows[2 * (i >> 1) + (j >> 1)]![2 * (i % 2) + (j % 2)]!),
  ])
  return groups.every((group) => group.toSorted().join("") === "1234")
}

test("solutions of a sudoku keep its rules and its clues", () => {
  for (const { prompt, answer } of exercises({ puzzles: ["sudoku"], minHoles: 1, maxHoles: 10 })) {
    assert.ok(isSudoku(answer), answer)
    const clues = prompt.split("\n").slice(1, 5).join("\n")
    assert.match(answer, new RegExp(`^${clues.replaceAll("_", "\\d")}$`))
  }
})

test("there are as many squares as are known to exist", () => {
  const empty = (order: number) => new Array<number>(order * order).fill(hole)
  assert.equal([...solutions(rulesOf(3, false), empty(3))].length, 12)
  assert.equal([...solutions(rulesOf(4, false), empty(4))].length, 576)
  assert.equal([...solutions(rulesOf(4, true), empty(4))].length, 288)
})

test("every square is drawn, and equally often", () => {
  for (const [draw, count] of [
    [latinSquares(3), 12],
    [latinSquares(4), 576],
    [sudokus(), 288],
  ] as const) {
    const counts = new Map<string, number>()
    const runs = 20 * count
    for (let index = 0; index < runs; index++) {
      const square = (draw as (draws: Draws) => Grid)(drawsFor("squares", 0, index)).join("")
      counts.set(square, (counts.get(square) ?? 0) + 1)
    }
    assert.equal(counts.size, count)
    for (const seen of counts.values()) assert.ok(Math.abs(seen - 20) < 5.5 * Math.sqrt(20), String(seen))
  }
})

test("holes leave one solution where that is asked for, and as many as asked otherwise", () => {
  for (const boxes of [true, false]) {
    const rules = rulesOf(4, boxes)
    const draw = boxes ? sudokus() : latinSquares(4)
    for (let index = 0; index < 30; index++) {
      const draws = drawsFor("holes", 0, index)
      const square = draw(draws)
      const unique = openHoles(rules, square, 14, true, draws)
      assert.ok(hasOneSolution(rules, unique))
      const open = unique.filter((symbol) => symbol === hole).length
      assert.ok(open >= 9 && open <= 12, String(open))
      assert.equal(openHoles(rules, square, 14, false, draws).filter((symbol) => symbol === hole).length, 14)
    }
  }
})

test("a square without a solution, or with several, does not have one", () => {
  const rules = rulesOf(3, false)
  assert.ok(!hasOneSolution(rules, [0, 1, hole, hole, hole, 2, hole, hole, hole]))
  assert.ok(!hasOneSolution(rules, [0, hole, hole, hole, hole, hole, hole, hole, hole]))
  assert.ok(hasOneSolution(rules, [0, 1, 2, 1, 2, 0, 2, 0, hole]))
})

test("units are held where they have every symbol once", () => {
  assert.equal(unitsHeld(rulesOf(3, false), [0, 1, 2, 1, 2, 0, 2, 0, 1]), 1)
  assert.equal(unitsHeld(rulesOf(3, false), [0, 1, 2, 1, 2, 0, 2, 0, 0]), 4 / 6)
  assert.equal(unitsHeld(rulesOf(3, false), [0, 1, 2, 0, 1, 2, 0, 1, 2]), 0.5)
})

test("a square that keeps the rules and not the clues is wrong", () => {
  for (const { answer, score } of exercises({ puzzles: ["sudoku"] }, 20)) {
    const renamed = answer.replaceAll(/\d/g, (digit) => String((Number(digit) % 4) + 1))
    assert.ok(isSudoku(renamed))
    assert.equal(score(renamed).partial, 0)
  }
})

test("any Latin square of the symbols is right to build, whatever stands around it", () => {
  for (const { prompt, score } of exercises({ puzzles: ["latin-build"] }, 20)) {
    const symbols = /with (.*):/.exec(prompt)![1]!.split(" ")
    const cyclic = symbols.map((_, row) => symbols.map((_, column) => symbols[(row + column) % 4]).join(","))
    assert.ok(score(cyclic.join("\n")).strict)
    assert.ok(score(`Output:\n${cyclic.join("\n")}\nDone.`).correct)
    assert.ok(!score(`Output:\n${cyclic.join("\n")}\nDone.`).strict)
    assert.equal(score(cyclic.with(1, cyclic[0]!).join("\n")).partial, 4 / 8)
  }
})

test("building a square of order four loses 32 − log2 576 bits", () => {
  const [{ space }] = exercises({ puzzles: ["latin-build"] }, 1) as [ReturnType<typeof exercises>[0]]
  assert.equal(space!().correlation.toFixed(2), "22.83")
})
