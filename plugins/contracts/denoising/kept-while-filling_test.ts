import assert from "node:assert/strict"
import { test } from "node:test"
import { allPositions, type CanvasState, keptWhileFilling, positionRange, stageOf } from "./mod.ts"

const state = (filled: number): CanvasState =>
  ({ promptLength: 2, length: 6, cells: new Int32Array(6).fill(-1), filled }) as unknown as CanvasState

const at = (start: number) => stageOf(0, { start, end: start + 3 }, positionRange(start, start + 3))

const refresh = (interval?: number) =>
  keptWhileFilling({
    name: "half",
    interval,
    compute: ({ start, end }) => positionRange(start, end),
    keep: ({ start }, { promptLength }) => positionRange(-promptLength, start),
  })

test("Everything is computed where a block begins, and what is kept then is kept until the next.", () => {
  const { plan } = refresh().open({ promptLength: 2, length: 6 })
  assert.deepEqual(plan(state(0), at(0)), { compute: allPositions(state(0)), keep: positionRange(-2, 0) })
  assert.deepEqual(plan(state(1), at(0)), { compute: positionRange(0, 3), keep: new Int32Array(0) })
  assert.deepEqual(plan(state(3), at(3)), { compute: allPositions(state(3)), keep: positionRange(-2, 3) })
})

test("It is all computed again after so many filled positions; in every step at 1, which is exact.", () => {
  const { plan } = refresh(2).open({ promptLength: 2, length: 6 })
  const computed = [0, 1, 2, 3].map((filled) => plan(state(filled), at(0)).compute.length)
  assert.deepEqual(computed, [8, 3, 8, 3])
  assert.deepEqual([refresh().exact, refresh(2).exact, refresh(1).exact], [false, false, true])
})
