import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, confidenceRows, fills } from "@parade/test"
import { threshold } from "./mod.ts"

test("positions that reach the threshold are filled, the threshold itself included", () => {
  const view = canvasView(confidenceRows([0.5, 0.9, 0.89, 0.95]))
  assert.deepEqual(fills(threshold({ threshold: 0.9 }), view), [1, 3])
  assert.deepEqual(fills(threshold({ threshold: 0 }), view), [0, 1, 2, 3])
})

test("where none does, the most confident is filled, the first of several", () => {
  const view = canvasView(confidenceRows([0.5, 0.7, 0.7, 0.6]))
  assert.deepEqual(fills(threshold({ threshold: 0.9 }), view), [1])
  assert.deepEqual(fills(threshold({ threshold: 1.5 }), canvasView(confidenceRows([1, 1]))), [0])
})

test("a group that must progress does, one that need not need not", () => {
  const view = canvasView(confidenceRows([0.4, 0.5, 0.95, 0.6]), {
    groups: [
      [0, 1],
      [2, 3],
    ],
  })
  assert.deepEqual(fills(threshold({ threshold: 0.9 }), view), [1, 2])
})

test("confidence is that of the token drawn, not of the likeliest", () => {
  const drawn = canvasView(confidenceRows([0.95, 0.95]), { uniform: 0.99 })
  assert.deepEqual(fills(threshold({ threshold: 0.9 }), drawn), [0])
})
