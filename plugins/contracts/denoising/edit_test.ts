import assert from "node:assert/strict"
import { test } from "node:test"
import { bestOf, type CanvasView, checkEdit, editOf, type Prediction, ranked, withProgress } from "./mod.ts"

/** A prediction of which only place, token and confidence matter. */
const said = (position: number, confidence: number, token = position + 10): Prediction =>
  ({ position, token, confidence }) as Prediction

const byConfidence = ({ confidence }: Prediction): number => confidence

/** Groups of positions, of which the first must progress. */
const viewOf = (...groups: readonly (readonly Prediction[])[]): CanvasView =>
  ({
    state: { length: 8, leastLength: 2 },
    stage: {
      index: 0,
      block: { start: 0, end: 8 },
      force: false,
      groups: groups.map((group, i) => ({
        positions: Int32Array.from(group, ({ position }) => position),
        mustProgress: i === 0,
      })),
    },
    groups,
    open: groups.flat().toSorted((a, b) => a.position - b.position),
    prediction: () => undefined,
  }) as unknown as CanvasView

test("Of several best predictions the leftmost is the best, and comes first.", () => {
  const all = [said(3, 0.5), said(1, 0.5), said(2, 0.1)]
  assert.equal(bestOf(all, byConfidence)?.position, 1)
  assert.deepEqual(
    ranked(all, byConfidence).map(({ position }) => position),
    [1, 3, 2],
  )
  assert.equal(bestOf([], byConfidence), undefined)
})

test("A group that must progress gets its best prediction where none of it was chosen, in order of position.", () => {
  const [a, b, c] = [said(5, 0.2), said(6, 0.3), said(1, 0.9)]
  const view = viewOf([a, b], [c])
  assert.deepEqual(withProgress(view, [c], byConfidence), editOf([c, b]))
  assert.deepEqual(withProgress(view, [a], byConfidence), editOf([a]))
  assert.deepEqual(withProgress(view, [], byConfidence), editOf([b]))
})

const info = { vocabularySize: 20, maskToken: 19 }

test("An edit may fill open positions, each once, with tokens that are no mask.", () => {
  const view = viewOf([said(3, 0.5), said(4, 0.5)])
  const problem = (edit: Parameters<typeof checkEdit>[3], alone?: boolean) =>
    checkEdit("rule", info, view, edit, alone)?.message
  assert.equal(problem({ positions: [4], tokens: [3] }), undefined)
  assert.match(problem({ positions: [4, 4], tokens: [3, 3] })!, /position 4, which is not open/)
  assert.match(problem({ positions: [2], tokens: [3] })!, /position 2, which is not open/)
  assert.match(problem({ positions: [3], tokens: [19] })!, /puts 19/)
  assert.match(problem({ positions: [3], tokens: [20] })!, /puts 20/)
  assert.match(problem({ positions: [3], tokens: [] })!, /1 positions and 0 tokens/)
  assert.match(problem({ positions: [], tokens: [] })!, /does nothing/)
})

test("A cut leaves at least what was given or shown, and is never one of several edits.", () => {
  const view = viewOf([said(3, 0.5)])
  const cut = (length: number, alone?: boolean) =>
    checkEdit("rule", info, view, { positions: [], tokens: [], cut: length }, alone)?.message
  assert.equal(cut(2), undefined)
  assert.match(cut(1)!, /cuts a canvas of 8 to 1/)
  assert.match(cut(8)!, /cuts a canvas of 8 to 8/)
  assert.match(cut(4, false)!, /one of several and cuts/)
})
