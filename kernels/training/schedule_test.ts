import assert from "node:assert/strict"
import { test } from "node:test"
import { constantSchedule, cosineSchedule, warmupStableDecaySchedule } from "./mod.ts"

const near = (found: number, expected: number): void =>
  assert.ok(Math.abs(found - expected) < 1e-12, `${found} is not ${expected}`)

test("a constant schedule is the same at every step", () => {
  assert.deepEqual([1, 50, 1e6].map(constantSchedule(3e-4)), [3e-4, 3e-4, 3e-4])
})

test("a cosine rises to its peak, is at the middle half way, and ends at its floor", () => {
  const rate = cosineSchedule({ peak: 2, steps: 110, warmup: 10, floor: 0.1 })
  near(rate(1), 0.2)
  near(rate(10), 2)
  near(rate(60), 2 * 0.55)
  near(rate(110), 0.2)
  near(rate(500), 0.2)
})

test("warm-up, stable, decay: rises, stays, falls to its floor over the last steps", () => {
  const rate = warmupStableDecaySchedule({ peak: 2, steps: 100, warmup: 10, decay: 20, floor: 0.5 })
  near(rate(5), 1)
  for (const step of [10, 50, 80]) near(rate(step), 2)
  near(rate(90), 1.5)
  near(rate(100), 1)
})
