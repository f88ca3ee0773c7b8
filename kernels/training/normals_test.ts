import assert from "node:assert/strict"
import { test } from "node:test"
import { normals } from "./mod.ts"

test("normal numbers have mean 0 and deviation 1, and depend on seed and name alone", () => {
  const draw = (seed: number, name: string): number[] => {
    const next = normals(seed)(name)
    return Array.from({ length: 20_000 }, next)
  }
  const values = draw(1, "a")
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  assert.ok(Math.abs(mean) < 0.03, `${mean}`)
  assert.ok(Math.abs(variance - 1) < 0.05, `${variance}`)
  const beyond = values.filter((value) => Math.abs(value) > 2).length / values.length
  assert.ok(Math.abs(beyond - 0.0455) < 0.008, `${beyond}`)
  assert.deepEqual(draw(1, "a"), values)
  assert.notDeepEqual(draw(2, "a"), values)
  assert.notDeepEqual(draw(1, "b"), values)
})
