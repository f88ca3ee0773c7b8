import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, confidenceRows, fills } from "@parade/test"
import { threshold } from "@parade/threshold"
import * as fc from "fast-check"
import { localleap, type LocalLeapOptions } from "./mod.ts"

const defaults: LocalLeapOptions = { threshold: 0.9, relaxed: 0.75, radius: 4 }
const accepted = (
  confidences: readonly number[],
  change: Partial<LocalLeapOptions> = {},
): readonly number[] => fills(localleap({ ...defaults, ...change }), canvasView(confidenceRows(confidences)))
const plain = (confidences: readonly number[], at: number): readonly number[] =>
  fills(threshold({ threshold: at }), canvasView(confidenceRows(confidences)))

const confidences = fc.array(fc.double({ min: 0.2, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 })
const hasAnchor = (list: readonly number[]): boolean => list.some((c) => c >= 0.9)
const includes = (more: readonly number[], less: readonly number[]): boolean =>
  less.every((i) => more.includes(i))

test("near an anchor less is enough, farther away and below that not", () => {
  assert.deepEqual(accepted([0.95, 0.8, 0.7, 0.8, 0.8, 0.8, 0.8]), [0, 1, 3, 4])
})

test("without an anchor exactly one position is filled, the most confident", () => {
  assert.deepEqual(accepted([0.8, 0.85, 0.85]), [1])
})

test("what is filled near an anchor is no anchor itself", () => {
  assert.deepEqual(accepted([0.95, 0.8, 0.8, 0.8], { radius: 1 }), [0, 1])
})

test("with equal thresholds, or no radius, it is the threshold rule", () => {
  fc.assert(
    fc.property(confidences, (list) => {
      assert.deepEqual(accepted(list, { relaxed: 0.9 }), plain(list, 0.9))
      assert.deepEqual(accepted(list, { radius: 0 }), plain(list, 0.9))
    }),
  )
})

test("a lower threshold that is not lower changes nothing", () => {
  fc.assert(
    fc.property(confidences, fc.double({ min: 0.9, max: 2, noNaN: true }), (list, relaxed) => {
      assert.deepEqual(accepted(list, { relaxed }), plain(list, 0.9))
    }),
  )
})

test("it fills no less than the threshold rule, and no more than that at the lower threshold", () => {
  fc.assert(
    fc.property(confidences, (list) => {
      assert.ok(includes(accepted(list), plain(list, 0.9)))
      if (hasAnchor(list)) assert.ok(includes(plain(list, 0.75), accepted(list)))
    }),
  )
})

test("a radius as wide as the block is the lower threshold, given an anchor", () => {
  fc.assert(
    fc.property(confidences, (list) => {
      fc.pre(hasAnchor(list))
      assert.deepEqual(accepted(list, { radius: 20 }), plain(list, 0.75))
    }),
  )
})

test("a lower threshold or a larger radius never fills less", () => {
  fc.assert(
    fc.property(
      confidences,
      fc.nat(6),
      fc.double({ min: 0.3, max: 0.9, noNaN: true }),
      (list, radius, relaxed) => {
        fc.pre(hasAnchor(list))
        const base = accepted(list, { radius, relaxed })
        assert.ok(includes(accepted(list, { radius: radius + 1, relaxed }), base))
        assert.ok(includes(accepted(list, { radius, relaxed: relaxed - 0.1 }), base))
      },
    ),
  )
})

test("other numbers for the same tokens change nothing: it sees confidences alone", () => {
  fc.assert(
    fc.property(confidences, fc.integer({ min: 1, max: 3 }), (list, turn) => {
      const rows = confidenceRows(list)
      const turned = rows.map((row) => [...row.slice(turn), ...row.slice(0, turn)])
      assert.deepEqual(
        fills(localleap(defaults), canvasView(turned)),
        fills(localleap(defaults), canvasView(rows)),
      )
    }),
  )
})
