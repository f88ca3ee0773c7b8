import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, fills } from "@parade/test"
import { entropyThreshold } from "./mod.ts"

const half = [0.5, 0.5, 0, 0]
const sure = [1, 0, 0, 0]
const flat = [0.25, 0.25, 0.25, 0.25]
const rule = (threshold: number) => entropyThreshold({ threshold })

test("positions of low entropy are filled, in nats, the threshold included", () => {
  const view = canvasView([flat, sure, half])
  assert.deepEqual(fills(rule(0.1), view), [1])
  assert.deepEqual(fills(rule(Math.LN2), view), [1, 2])
  assert.deepEqual(fills(rule(Math.log(4) + 1e-12), view), [0, 1, 2])
})

test("where none is low enough, the lowest is filled, the first of several", () => {
  assert.deepEqual(fills(rule(0.1), canvasView([flat, half, half])), [1])
})
