import assert from "node:assert/strict"
import { test } from "node:test"
import { canvasView, confidenceRows, openUnmasker } from "@parade/test"
import { ancestral, fillChances } from "./mod.ts"

test("after k steps the share still masked is the time, and at the end nothing is", () => {
  for (const steps of [1, 2, 7, 512]) {
    const chances = fillChances(steps)
    let left = 1
    for (let k = 0; k < steps - 1; k++) {
      left *= 1 - chances[k]!
      assert.ok(Math.abs(left - (1 - (0.999 * (k + 1)) / steps)) < 1e-12)
    }
    assert.equal(chances[steps - 1], 1)
  }
})

test("every position is filled at a time of its own, by chance alone", () => {
  const view = canvasView(confidenceRows(new Array<number>(200).fill(0.9)))
  const unmasking = openUnmasker(ancestral({ steps: 4 }), view, 3)
  const filled = new Set<number>()
  const sizes: number[] = []
  while (filled.size < 200) {
    const rest = {
      ...view,
      open: view.open.filter(({ position }) => !filled.has(position)),
    }
    const [{ positions }] = unmasking.propose(rest)
    assert.ok(positions.length > 0)
    sizes.push(positions.length)
    for (const position of positions) filled.add(position)
  }
  assert.equal(sizes.length, 4)
  for (const size of sizes) assert.ok(Math.abs(size - 50) < 25, String(sizes))
})

test("times at which nothing is filled are passed over", () => {
  const view = canvasView(confidenceRows([0.9]))
  for (let seed = 0; seed < 20; seed++)
    assert.equal(openUnmasker(ancestral({ steps: 512 }), view, seed).propose(view)[0].positions.length, 1)
})
