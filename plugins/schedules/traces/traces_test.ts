import assert from "node:assert/strict"
import { test } from "node:test"
import type { Span } from "@parade/core"
import type { CanvasState } from "@parade/denoising"
import fc from "fast-check"
import { traces, type TracesOptions } from "./mod.ts"

const length = 20
const spans = { first: { start: 1, end: 6 }, second: { start: 7, end: 12 }, summary: { start: 15, end: 18 } }

/** A canvas of which the given positions are filled. */
const canvas = (
  filled: readonly number[],
  named: Readonly<Record<string, Span>> = spans,
  answer: Span = spans.summary,
): CanvasState => {
  const cells = new Int32Array(length).fill(-1)
  for (const position of filled) cells[position] = 0
  return {
    promptLength: 1,
    length,
    cells,
    filled: filled.length,
    masked: length - filled.length,
    spans: named,
    answer,
    leastLength: 0,
    isEnd: () => false,
  }
}

const stageAt = (state: CanvasState, answer: TracesOptions["answer"] = "after") =>
  traces({ answer }).open({ promptLength: 1, length }).next(state)

const openPositions = (state: CanvasState, answer?: TracesOptions["answer"]) =>
  stageAt(state, answer).groups.map(({ positions }) => [...positions])

const upTo = (start: number, end: number) => Array.from({ length: end - start }, (_, i) => start + i)

test("All traces are open, the least filled first; the answer waits for them.", () => {
  assert.deepEqual(openPositions(canvas([])), [upTo(1, 6), upTo(7, 12)])
  assert.deepEqual(openPositions(canvas([3])), [upTo(7, 12), [1, 2, 4, 5]])
  assert.deepEqual(openPositions(canvas([3, 8])), [
    [1, 2, 4, 5],
    [7, 9, 10, 11],
  ])
})

test("When the traces are filled, all that is in none of them opens, as a new stage.", () => {
  const done = canvas([...upTo(1, 6), ...upTo(7, 12)])
  assert.deepEqual(openPositions(done), [[0, 6, ...upTo(12, 20)]])
  assert.equal(stageAt(canvas([])).index, 0)
  assert.equal(stageAt(done).index, 1)
})

test("Beside the traces the answer is one more group, which need not progress before they are filled.", () => {
  const { groups } = stageAt(canvas([3]), "beside")
  assert.deepEqual(
    groups.map(({ positions, mustProgress }) => [positions[0], mustProgress]),
    [
      [7, true],
      [1, false],
      [0, false],
    ],
  )
})

test("Without traces the canvas is one group.", () => {
  assert.deepEqual(openPositions(canvas([4], {}, { start: 0, end: length })), [
    [...upTo(0, 4), ...upTo(5, length)],
  ])
  assert.deepEqual(openPositions(canvas([], { summary: spans.summary })), [upTo(0, length)])
})

test("Whoever fills one position of the first group a step serves every unfinished trace in turn.", () => {
  const three = { a: { start: 0, end: 5 }, b: { start: 5, end: 10 }, c: { start: 10, end: 15 } }
  const answer = { start: 15, end: 20 }
  const filled: number[] = []
  const served: number[] = []
  for (let step = 0; step < 15; step++) {
    const [position] = openPositions(canvas(filled, { ...three, answer }, answer))[0]!
    served.push(Math.floor(position! / 5))
    filled.push(position!)
  }
  for (let step = 0; step < 15; step += 3)
    assert.deepEqual(served.slice(step, step + 3).toSorted(), [0, 1, 2])
})

test("However spans lie, what is masked is open once, and the answer never before the traces.", () => {
  const span = fc
    .tuple(fc.nat(length - 1), fc.integer({ min: 1, max: length }))
    .map(([start, size]) => ({ start, end: Math.min(length, start + size) }))
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), span, { maxKeys: 4 }),
      span,
      fc.uniqueArray(fc.nat(length - 1), { maxLength: length - 1 }),
      (named, answer, filled) => {
        const state = canvas(filled, { ...named, answer }, answer)
        const open = openPositions(state).flat()
        assert.ok(open.length > 0)
        assert.equal(new Set(open).size, open.length)
        assert.ok(open.every((position) => state.cells[position] === -1))
        const beside = openPositions(state, "beside")
          .flat()
          .toSorted((a, b) => a - b)
        assert.deepEqual(
          beside,
          upTo(0, length).filter((position) => state.cells[position] === -1),
        )
      },
    ),
  )
})
