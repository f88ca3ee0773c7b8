import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { type Accuracy, sparseTree, roundCost } from "@parade/drafting"
import fc from "fast-check"
import { fallingAccuracy } from "./_testing.ts"
import { chooseTree, roundPrice, treeCandidates } from "./choose-tree.ts"
import {
  buildDynamicTree,
  chainTree,
  type DynamicTree,
  expectedLength,
  lastAccepted,
  treeRows,
} from "./dynamic-tree.ts"

const table = (m: number, ranks: number): fc.Arbitrary<Accuracy> =>
  fc.array(
    fc
      .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: ranks, maxLength: ranks })
      .map((row) => {
        const sum = row.reduce((a, b) => a + b, 0)
        return row.map((share) => share / Math.max(1, sum))
      }),
    { minLength: m, maxLength: m },
  )

const tables = fc.integer({ min: 1, max: 3 }).chain((m) => table(m, 5))

test("every node has a prompt token and no more than the newest token, and all keep to the rows and to their state", () => {
  fc.assert(
    fc.property(
      tables,
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 16 }),
      (accuracy, rows, limit) => {
        const m = accuracy.length
        const { states } = buildDynamicTree(accuracy, rows, limit)
        assert.equal(states.length, m)
        for (const [k, state] of states.entries()) {
          const { tree, prompts } = state
          assert.ok(prompts.length > 0 && prompts.length <= limit)
          assert.equal(prompts.length, tree.parents.length)
          for (const count of prompts) assert.ok(count >= 1 && count <= m)
          for (const level of tree.levels) assert.ok(level <= k + 1)
          assert.ok(treeRows(m, state) <= rows + 1 + m)
        }
      },
    ),
    { numRuns: 60 },
  )
})

test("the chances of being the last accepted add up to 1, and so do the shares of the states", () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 2, max: 24 }), (accuracy, rows) => {
      const { states, stationary } = buildDynamicTree(accuracy, rows, 64)
      for (const { tree } of states) {
        const { root, nodes } = lastAccepted(tree)
        assert.ok([root, ...nodes].every((q) => q >= 0))
        assert.ok(Math.abs(nodes.reduce((sum, q) => sum + q, root) - 1) < 1e-9)
      }
      assert.ok(Math.abs(stationary.reduce((sum, share) => sum + share, 0) - 1) < 1e-12)
    }),
    { numRuns: 40 },
  )
})

test("a dynamic tree is worth no less than one of as many rows with all prompt tokens at every node", () => {
  fc.assert(
    fc.property(tables, fc.integer({ min: 5, max: 40 }), (accuracy, rows) => {
      const m = accuracy.length
      const even = expectedLength(sparseTree(accuracy, Math.floor(rows / (m + 1))))
      assert.ok(buildDynamicTree(accuracy, rows, 256).accepted >= even - 1e-9)
    }),
    { numRuns: 60 },
  )
})

test("more rows are worth more", () => {
  const accuracy = fallingAccuracy(3)
  let before = 0
  for (const rows of [4, 8, 16, 32, 64]) {
    const { accepted } = buildDynamicTree(accuracy, rows, 256)
    assert.ok(accepted > before, `${rows} rows accept ${accepted}, fewer accepted ${before}`)
    before = accepted
  }
})

/** Plays rounds with guesses that are right by the table, and counts what is accepted. */
const played = ({ m, states }: DynamicTree, accuracy: Accuracy, rounds: number): number => {
  let state = m
  let accepted = 0
  for (let round = 0; round < rounds; round++) {
    // Which rank is right on each level; none of them by the share that is left.
    const right = accuracy.map((row, level) => {
      let draw = uniform(7, "noise", round, level)
      return row.findIndex((share) => (draw -= share) < 0)
    })
    const { tree, prompts } = states[state - 1]!
    let at = -1
    for (const [node, parent] of tree.parents.entries())
      if (parent === at && right[tree.levels[node]! - 1] === tree.ranks[node]) {
        at = node
        accepted++
      }
    state = at < 0 ? m : prompts[at]!
  }
  return accepted / rounds
}

test("rounds that are played accept as many guesses as the tree says", () => {
  for (const [m, rows] of [
    [1, 6],
    [2, 10],
    [3, 8],
    [3, 24],
  ] as const) {
    const accuracy = fallingAccuracy(m)
    const tree = buildDynamicTree(accuracy, rows, 64)
    const mean = played(tree, accuracy, 20_000)
    assert.ok(Math.abs(mean - tree.accepted) < 0.03, `${mean} for ${tree.accepted}`)
  }
})

const prices = fc
  .array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 100, maxLength: 100 })
  .map((steps) => {
    let sum = 1
    const all = steps.map((step) => (sum += step))
    return { milliseconds: (rows: number) => all[rows - 1]!, source: "made up" }
  })

test("the tree chosen is never slower than a chain nor than no draft, whatever rows cost", () => {
  fc.assert(
    fc.property(tables, prices, (accuracy, cost) => {
      const price = (rows: number): number => cost.milliseconds(rows)
      const chosen = chooseTree(treeCandidates(accuracy, 32)(16), roundCost(cost), 0)
      const rate = chosen === undefined ? 1 / price(1) : (1 + chosen.accepted) / roundPrice(chosen, price)
      assert.ok(rate >= 1 / price(1))
      for (let m = 1; m <= accuracy.length; m++) {
        const chain = chainTree(accuracy.slice(0, m), 16)
        assert.ok(rate >= (1 + chain.accepted) / roundPrice(chain, price))
      }
    }),
    { numRuns: 30 },
  )
})
