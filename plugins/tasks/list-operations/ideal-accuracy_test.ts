import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { idealReplaceGreedy, idealReplaceSampled, idealShuffle } from "./ideal-accuracy.ts"

const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) < tolerance, `${actual} where ${expected} is right`)

test("the published accuracies are reached", () => {
  near(idealShuffle(6, 2), 0.3125, 1e-12)
  near(idealShuffle(3, 3), 0.2222, 1e-4)
  near(idealReplaceSampled(3, 3), 0.4444, 1e-4)
  near(idealReplaceSampled(6, 2), 0.734, 1e-3)
  near(idealReplaceSampled(1000, 1000), 1 / Math.E, 1e-3)
})

test("one item per step is always right", () => {
  for (let n = 2; n <= 12; n++) {
    near(idealShuffle(n, 1), 1, 1e-12)
    assert.equal(idealReplaceGreedy(n, 1), 1)
    near(idealReplaceSampled(n, 1), 1, 1e-12)
  }
})

const runs = 4000
const within = (seen: number, expected: number): void =>
  near(seen / runs, expected, 4 * Math.sqrt(Math.max(expected * (1 - expected), 1e-3) / runs))

test("a simulated model of exact marginals shuffles as accurately as the formula says", () => {
  for (const [n, perStep] of [
    [6, 2],
    [6, 3],
    [5, 2],
    [4, 4],
  ] as const) {
    let right = 0
    for (let run = 0; run < runs; run++) {
      const left = new Set(Array.from({ length: n }, (_, i) => i))
      let draws = 0
      while (left.size > 0) {
        // Each place of a step draws from what was left before the step.
        const before = [...left]
        const step = Math.min(perStep, before.length)
        for (let i = 0; i < step; i++)
          left.delete(before[Math.floor(uniform(1, "token", run, draws++) * before.length)]!)
        if (left.size > before.length - step) break
      }
      if (left.size === 0) right++
    }
    within(right, idealShuffle(n, perStep))
  }
})

test("a simulated model of exact marginals replaces as accurately as the formula says", () => {
  for (const [n, perStep] of [
    [6, 2],
    [6, 6],
    [5, 2],
    [7, 3],
  ] as const) {
    let right = 0
    for (let run = 0; run < runs; run++) {
      let replaced = 0
      for (let left = n; left > 0; left -= perStep) {
        const open = replaced === 0 ? 1 / left : 0
        for (let i = 0; i < Math.min(perStep, left); i++)
          if (uniform(2, "token", run, left * 16 + i) < open) replaced++
      }
      if (replaced === 1) right++
    }
    within(right, idealReplaceSampled(n, perStep))
  }
})
