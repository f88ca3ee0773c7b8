import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { exponential } from "./exponential.ts"

test("the exponential is right to 3 units in the last place", () => {
  fc.assert(
    fc.property(fc.double({ min: -699, max: 0, noNaN: true }), (x) => {
      const expected = Math.exp(x)
      assert.ok(Math.abs(exponential(x) - expected) <= 3 * 2 ** -52 * expected)
    }),
    { numRuns: 2000 },
  )
})

test("it is exact at 0 and vanishes far below", () => {
  assert.equal(exponential(0), 1)
  assert.equal(exponential(-0), 1)
  for (const x of [-700, -1e9, -Infinity, NaN]) assert.equal(exponential(x), 0)
})
