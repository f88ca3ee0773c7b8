import assert from "node:assert/strict"
import { test } from "node:test"
import { chain } from "@parade/drafting"
import { roundPrices } from "./round-prices.ts"

const rows = { milliseconds: (count: number) => 1 + 0.5 * (count - 1), source: "a test" }
const begin = { scale: 1, fixed: 1, perLevel: 0 }
const plain = { plan: undefined, levels: 0, rows: 1, context: 0 }
const drafted = { plan: chain([1, 2]), levels: 2, rows: 1, context: 0 }

test("Prices follow what rounds take, those of plain rounds and those of drafted ones.", () => {
  const prices = roundPrices(rows, begin, { layers: 2 })
  assert.equal(prices.plain(0), 1)
  assert.equal(prices.of(drafted), 3)
  for (let i = 0; i < 1000; i++) {
    prices.record(0.5, plain)
    prices.record(4, drafted)
  }
  assert.ok(Math.abs(prices.plain(0) - 0.5) < 0.02, `${prices.plain(0)}`)
  assert.ok(Math.abs(prices.of(drafted) - 4) < 0.1, `${prices.of(drafted)}`)
})

test("A round that something has disturbed moves a price no further than any other.", () => {
  const prices = roundPrices(rows, begin, { layers: 2 })
  prices.record(500, plain)
  prices.record(500, drafted)
  assert.ok(prices.plain(0) < 1.02)
  assert.ok(prices.of(drafted) < 3.1)
})

test("Drafting never gives time back: where it takes less than rows should, rows are cheaper.", () => {
  const prices = roundPrices(rows, begin, { layers: 2 })
  for (let i = 0; i < 400; i++) prices.record(1, drafted)
  assert.ok(Math.abs(prices.of(drafted) - 1) < 0.05, `${prices.of(drafted)}`)
  assert.ok(prices.plain(0) <= prices.of(drafted))
})
