import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { type Purpose, uniform } from "./mod.ts"

test("a draw is a number in [0, 1) and a function of its arguments", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.nat(), (seed, position, attempt) => {
      const u = uniform(seed, "token", position, attempt)
      assert.ok(u >= 0 && u < 1)
      assert.equal(u, uniform(seed, "token", position, attempt))
    }),
  )
})

test("seed, purpose, position and attempt each change the draw", () => {
  const purposes: Purpose[] = ["token", "proposal", "accept", "residual", "noise"]
  const seen = new Set<number>()
  let count = 0
  for (const seed of [0, 1, 2 ** 32, 2 ** 32 + 1])
    for (const purpose of purposes)
      for (const position of [0, 1, 2 ** 32, 2 ** 32 + 1])
        for (const attempt of [0, 1, 7]) {
          seen.add(uniform(seed, purpose, position, attempt))
          count++
        }
  assert.equal(seen.size, count)
})

test("draws at successive positions are uniform (chi-square over 20 bins)", () => {
  const draws = 20_000
  const bins = new Int32Array(20)
  for (let position = 0; position < draws; position++)
    bins[Math.floor(uniform(3, "accept", position) * 20)]!++
  const expected = draws / 20
  const statistic = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 19 degrees of freedom: 43.8 is passed with probability 0.001.
  assert.ok(statistic < 43.8, `chi-square ${statistic}`)
})
