import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { drawsFor } from "./draws.ts"

test("draws are the same on every platform", () => {
  const draws = drawsFor("vectors", 42, 7)
  assert.deepEqual(
    Array.from({ length: 8 }, () => draws.below(1000)),
    [190, 119, 744, 445, 65, 21, 949, 81],
  )
})

test("draws depend on name, seed and index", () => {
  const ten = (...key: Parameters<typeof drawsFor>): string => {
    const draws = drawsFor(...key)
    return Array.from({ length: 10 }, () => draws.below(1000)).join()
  }
  const all = [ten("a", 1, 1), ten("b", 1, 1), ten("a", 2, 1), ten("a", 1, 2)]
  assert.equal(new Set(all).size, 4)
  assert.equal(ten("a", 1, 1), all[0])
})

test("every value below a limit is equally likely, for limits mixed in any way", () => {
  const limits = [2, 3, 7, 10]
  const counts = limits.map((limit) => new Array<number>(limit).fill(0))
  const runs = 5000
  for (let index = 0; index < runs; index++) {
    const draws = drawsFor("uniformity", 1, index)
    for (const [i, limit] of limits.entries()) counts[i]![draws.below(limit)]!++
  }
  for (const [i, limit] of limits.entries())
    for (const count of counts[i]!) {
      const expected = runs / limit
      assert.ok(Math.abs(count - expected) < 4.5 * Math.sqrt(expected), `${count} of ${runs} below ${limit}`)
    }
})

test("distinct values are distinct, in range, and in every order", () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.integer({ min: 1, max: 40 }), fc.nat(40), (index, limit, count) => {
      const drawn = drawsFor("distinct", 0, index).distinct(Math.min(count, limit), limit)
      assert.equal(new Set(drawn).size, Math.min(count, limit))
      assert.ok(drawn.every((value) => value >= 0 && value < limit))
    }),
  )
  const orders = new Map<string, number>()
  for (let index = 0; index < 6000; index++) {
    const key = drawsFor("orders", 0, index).distinct(3, 3).join()
    orders.set(key, (orders.get(key) ?? 0) + 1)
  }
  assert.equal(orders.size, 6)
  for (const count of orders.values())
    assert.ok(Math.abs(count - 1000) < 4.5 * Math.sqrt(1000), String(count))
})

test("a shuffle keeps what it shuffles, and leaves the original alone", () => {
  const values = [1, 2, 3, 4, 5, 6]
  const shuffled = drawsFor("shuffle", 0, 1).shuffled(values)
  assert.deepEqual(shuffled.toSorted(), values)
  assert.notDeepEqual(shuffled, values)
  assert.deepEqual(values, [1, 2, 3, 4, 5, 6])
})
