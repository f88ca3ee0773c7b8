import assert from "node:assert/strict"
import test from "node:test"
import fc from "fast-check"
import { median, pairedRatios, quantile, spread } from "./statistics.ts"

test("The median is the middle value, or the mean of the two in the middle.", () => {
  assert.equal(median([3, 1, 2]), 2)
  assert.equal(median([4, 1, 2, 3]), 2.5)
  assert.ok(Number.isNaN(median([])))
})

test("Quantiles ascend, stay within the values and do not depend on order.", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (values, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        assert.ok(quantile(values, low) <= quantile(values, high) + 1e-9)
        assert.equal(quantile(values, a), quantile([...values].reverse(), a))
        const { min, max } = spread(values)
        assert.equal(min, Math.min(...values))
        assert.equal(max, Math.max(...values))
      },
    ),
  )
})

test("Paired ratios cancel a slow moment that hits both.", () => {
  assert.deepEqual(pairedRatios([20, 2, 20], [10, 1, 10]), [2, 2, 2])
})
