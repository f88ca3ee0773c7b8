import assert from "node:assert/strict"
import { test } from "node:test"
import { type DraftingCost, type RoundCost, roundCost, sparseTree } from "@parade/drafting"
import fc from "fast-check"
import { fallingAccuracy } from "./_testing.ts"
import { chooseTree, type TreeLimits } from "./mod.ts"
import { lastAccepted } from "./choose-tree.ts"

const priced = (milliseconds: (rows: number) => number, own?: DraftingCost): RoundCost =>
  roundCost({ milliseconds, source: "a test" }, own)
const limits = (change: Partial<TreeLimits>): TreeLimits => ({
  nodes: 16,
  rows: 64,
  upperShare: 0.5,
  cost: priced(() => 1),
  context: 0,
  ...change,
})

test("the chances of rows to be the last accepted add up to 1", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 }), (k, nodes) => {
      const chances = lastAccepted(sparseTree(fallingAccuracy(k), nodes))
      assert.ok(Math.abs(chances.reduce((sum, chance) => sum + chance, 0) - 1) < 1e-9)
    }),
  )
})

test("where rows are free, the tree is as large as it may be and every node that can be the last one carries pseudo states", () => {
  const chosen = chooseTree(fallingAccuracy(3), limits({}))!
  assert.equal(chosen.steps, 3)
  assert.equal(chosen.tree.parents.length, 16)
  assert.ok(chosen.carries.every(Boolean))
})

test("where a row costs what a forward does, nothing is drafted", () => {
  assert.equal(chooseTree(fallingAccuracy(3), limits({ cost: priced((rows) => rows) })), undefined)
})

test("where a run of the maps costs more than drafts bring, nothing is drafted", () => {
  const cost = priced(() => 1, { scale: 1, fixed: 4, perLevel: 0 })
  assert.equal(chooseTree(fallingAccuracy(3), limits({ cost })), undefined)
})

test("a tree keeps within its nodes and rows", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 60 }),
      fc.double({ min: 0, max: 0.3, noNaN: true }),
      (k, nodes, rows, slope) => {
        const cost = priced((count) => 1 + slope * count)
        const chosen = chooseTree(fallingAccuracy(k), limits({ nodes, rows, cost }))
        if (chosen === undefined) return
        const carriers = chosen.carries.filter(Boolean).length
        assert.ok(chosen.tree.parents.length <= nodes)
        assert.ok(chosen.tree.parents.length + chosen.steps * carriers <= rows)
        assert.equal(chosen.carries.length, chosen.tree.parents.length)
      },
    ),
  )
})

test("the dearer pseudo states are, the fewer rows carry them", () => {
  const carriers = (upperShare: number): number => {
    const cost = priced((rows) => 1 + 0.02 * rows)
    const chosen = chooseTree(fallingAccuracy(3), limits({ upperShare, cost }))!
    return chosen.carries.filter(Boolean).length * chosen.steps
  }
  assert.ok(carriers(0.2) > carriers(1))
})
