import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, confidenceRows, fills } from "@parade/test"
import { factor } from "./mod.ts"

const count = (f: number, confidences: readonly number[]): number =>
  fills(factor({ factor: f }), canvasView(confidenceRows(confidences))).length

test("at 1 the second position needs 2/3, the third 3/4, the n-th n/(n+1)", () => {
  for (let n = 2; n <= 5; n++) {
    const need = n / (n + 1)
    const sure = new Array<number>(n - 1).fill(0.99)
    assert.equal(count(1, [...sure, need + 1e-9]), n)
    assert.equal(count(1, [...sure, need - 1e-9]), n - 1)
  }
})

test("it stops at the first position that fails, also at the last of all", () => {
  assert.equal(count(1, [0.9, 0.9, 0.15]), 2)
  assert.deepEqual(fills(factor({ factor: 1 }), canvasView(confidenceRows([0.2, 0.9, 0.15, 0.95]))), [1, 3])
})

test("towards 0 it fills one position", () => {
  assert.equal(count(0, [0.99, 0.98, 0.97]), 1)
  assert.equal(count(0, [0.2, 0.3]), 1)
})

test("what a round fills holds at most f nats", () => {
  for (const f of [0.3, 0.7, 1])
    for (const confidences of [
      [0.99, 0.95, 0.9, 0.85, 0.8],
      [0.97, 0.97, 0.97, 0.6],
    ]) {
      const filled = fills(factor({ factor: f }), canvasView(confidenceRows(confidences)))
      if (filled.length < 2) continue
      const nats = filled.reduce((sum, i) => sum - Math.log(confidences[i]!), 0)
      assert.ok(nats <= f)
    }
})
