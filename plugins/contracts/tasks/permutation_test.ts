import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { permuted } from "./permutation.ts"

const order = (size: number, seed: number, epoch: number): number[] =>
  Array.from({ length: size }, (_, index) => permuted(index, size, seed, epoch))

test("every place comes exactly once", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(50), (size, seed, epoch) => {
      const places = order(size, seed, epoch)
      assert.equal(new Set(places).size, size)
      assert.ok(places.every((place) => place >= 0 && place < size))
    }),
    { numRuns: 40 },
  )
})

test("another epoch or seed is another order", () => {
  const first = order(50, 1, 0)
  assert.notDeepEqual(order(50, 1, 1), first)
  assert.notDeepEqual(order(50, 2, 0), first)
  assert.deepEqual(order(50, 1, 0), first)
})

test("an order has few neighbours left together", () => {
  const places = order(1000, 3, 0)
  const together = places.filter((place, i) => i > 0 && Math.abs(place - places[i - 1]!) === 1).length
  assert.ok(together < 12, String(together))
})
