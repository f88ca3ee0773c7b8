import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, fills } from "@parade/test"
import { marginThreshold } from "./mod.ts"

test("positions whose best token leads by enough are filled, at least the greatest lead", () => {
  const view = canvasView([
    [0.5, 0.45, 0.05],
    [0.4, 0.1, 0.5],
    [0.85, 0.05, 0.1],
  ])
  assert.deepEqual(fills(marginThreshold({ threshold: 0.7 }), view), [2])
  assert.deepEqual(fills(marginThreshold({ threshold: 0.09 }), view), [1, 2])
  assert.deepEqual(fills(marginThreshold({ threshold: 1.1 }), view), [2])
  assert.deepEqual(
    fills(
      marginThreshold({ threshold: 1.1 }),
      canvasView([
        [1, 0],
        [1, 0],
      ]),
    ),
    [0],
  )
})
