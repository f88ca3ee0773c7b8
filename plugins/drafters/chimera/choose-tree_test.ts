import assert from "node:assert/strict"
import { test } from "node:test"
import { sparseTree } from "@parade/drafting"
import fc from "fast-check"
import { chooseTree } from "./choose-tree.ts"

const accuracy = fc
  .array(fc.array(fc.double({ min: 0, max: 0.3, noNaN: true }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((rows) => rows.map((row) => row.toSorted((a, b) => b - a)))

test("what is chosen is faster than no draft, and than a chain of any length", () => {
  fc.assert(
    fc.property(
      accuracy,
      fc.record({
        row: fc.double({ min: 0, max: 0.3, noNaN: true }),
        level: fc.double({ min: 0, max: 0.5, noNaN: true }),
      }),
      (table, { row, level }) => {
        const cost = (nodes: number, levels: number): number => 1 + row * nodes + level * levels
        const chosen = chooseTree(sparseTree(table, 40), { nodes: 40, depth: table.length }, cost)
        const rate =
          chosen === undefined
            ? 1
            : (1 + chosen.tree.values.slice(0, chosen.nodes).reduce((a, b) => a + b, 0)) /
              cost(chosen.nodes, chosen.depth)
        assert.ok(rate >= 1)
        let expected = 1
        let reach = 1
        for (const [i, best] of table.entries()) {
          reach *= best[0]!
          expected += reach
          assert.ok(rate >= expected / cost(i + 1, i + 1) - 1e-9, `a chain of ${i + 1}`)
        }
      },
    ),
  )
})

test("a chosen tree is as deep as it is paid for, and no deeper than allowed", () => {
  const table = [
    [0.8, 0.1],
    [0.7, 0.1],
    [0.6, 0.1],
  ]
  for (const depth of [1, 2, 3]) {
    const chosen = chooseTree(sparseTree(table, 20), { nodes: 20, depth }, (n, l) => 1 + 0.01 * (n + l))!
    assert.equal(chosen.depth, depth)
    assert.equal(Math.max(...chosen.tree.levels.slice(0, chosen.nodes)), depth)
  }
  assert.equal(
    chooseTree(sparseTree(table, 20), { nodes: 20, depth: 3 }, (n) => 1 + 5 * n),
    undefined,
  )
})
