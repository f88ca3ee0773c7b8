import assert from "node:assert/strict"
import { test } from "node:test"
import * as fc from "fast-check"
import { argmax, largest } from "./mod.ts"

const values = fc.array(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constant(-Infinity), fc.double({ noNaN: true, max: 1e9 })),
  {
    maxLength: 200,
  },
)

test("largest is a stable descending sort, cut after k, without the impossible", () => {
  fc.assert(
    fc.property(values, fc.nat(210), (all, k) => {
      const expected = all
        .map((_, i) => i)
        .filter((i) => all[i]! > -Infinity)
        .sort((a, b) => all[b]! - all[a]! || a - b)
        .slice(0, k)
      assert.deepEqual([...largest(all, k)], expected)
      if (expected.length > 0) assert.equal(argmax(all), largest(all, 1)[0])
    }),
  )
})

test("a NaN anywhere is found", () => {
  fc.assert(
    fc.property(values, fc.nat(200), fc.integer({ min: 1, max: 5 }), (all, at, k) => {
      const with1 = [...all.slice(0, at), NaN, ...all.slice(at)]
      assert.throws(() => argmax(with1), { code: "decode.not-a-number" })
      assert.throws(() => largest(with1, k), { code: "decode.not-a-number" })
    }),
  )
})
