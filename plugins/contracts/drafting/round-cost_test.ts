import assert from "node:assert/strict"
import { test } from "node:test"
import type { CostModel } from "@parade/core"
import { chain, planCost, roundCost } from "./mod.ts"

const rows: CostModel = { milliseconds: (count, context) => 10 * count + context, source: "for this test" }
const own = { scale: 2, fixed: 3, perLevel: 0.5 }

test("A plain round costs its row; a drafted one its rows, what asking takes and what each level takes.", () => {
  const cost = roundCost(rows, own)
  assert.equal(cost.plain(4), 2 * 14)
  assert.equal(cost.drafted(5, 3, 4), 2 * 54 + 3 + 1.5)
})

test("Where nothing else is known, rows alone cost.", () => {
  assert.equal(roundCost(rows).drafted(1, 9, 0), roundCost(rows).plain(0))
})

test("A plan costs its rows, each by the layers it passes, and the levels that were drafted, be they left out.", () => {
  const cost = roundCost(rows, own)
  const tree = chain([1, 2, 3])
  const planned = planCost(cost, tree, { layers: 4 }, 1, 0)
  assert.equal(planned, cost.drafted(4, 3, 0))
  const auxiliary = { tokens: [7, -1], parents: [-1, 0], layers: [0, 3] }
  assert.equal(planCost(cost, { ...tree, auxiliary }, { layers: 4 }, 1, 0), planned + 20 + 20 / 4)
  assert.equal(planCost(cost, chain([]), { layers: 4 }, 1, 0, 3), cost.drafted(1, 3, 0))
})
