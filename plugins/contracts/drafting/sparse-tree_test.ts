import assert from "node:assert/strict"
import { test } from "node:test"
import fc from "fast-check"
import { type Accuracy, shallow, sparseTree, type SparseTree, worthwhileSize } from "./sparse-tree.ts"

const table = (heads: number, ranks: number): fc.Arbitrary<Accuracy> =>
  fc.array(
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: ranks, maxLength: ranks }).map((row) =>
      row.map(
        (share) =>
          share /
          Math.max(
            1,
            row.reduce((a, b) => a + b, 0),
          ),
      ),
    ),
    { minLength: heads, maxLength: heads },
  )

const expected = ({ values }: SparseTree): number => values.reduce((sum, value) => sum + value, 0)

/** The best sum of values of any tree of so many nodes, by trying all. */
const bruteForce = (accuracy: Accuracy, nodes: number): number => {
  const paths: { readonly ranks: readonly number[]; readonly value: number }[] = []
  const grow = (ranks: readonly number[], value: number): void => {
    if (ranks.length > 0) paths.push({ ranks, value })
    for (const [rank, share] of (accuracy[ranks.length] ?? []).entries())
      grow([...ranks, rank], value * share)
  }
  grow([], 1)
  let best = 0
  const choose = (from: number, left: number, chosen: ReadonlySet<string>, sum: number): void => {
    if (left === 0) {
      best = Math.max(best, sum)
      return
    }
    for (let i = from; i < paths.length; i++) {
      const { ranks, value } = paths[i]!
      // Paths come after their beginnings, so the beginning has been chosen or never will be.
      if (ranks.length > 1 && !chosen.has(ranks.slice(0, -1).join())) continue
      choose(i + 1, left - 1, new Set([...chosen, ranks.join()]), sum + value)
    }
  }
  choose(0, nodes, new Set(), 0)
  return best
}

test("a sparse tree has the size asked for, parents before children, and no node twice", () => {
  fc.assert(
    fc.property(table(3, 4), fc.integer({ min: 1, max: 40 }), (accuracy, nodes) => {
      const { parents, levels, ranks } = sparseTree(accuracy, nodes)
      assert.equal(parents.length, nodes)
      parents.forEach((parent, node) => {
        assert.ok(parent < node)
        assert.equal(levels[node], parent < 0 ? 1 : levels[parent]! + 1)
      })
      assert.equal(new Set(parents.map((parent, node) => `${parent} ${ranks[node]}`)).size, nodes)
    }),
  )
})

test("no other tree of the size is expected to be accepted further", () => {
  fc.assert(
    fc.property(table(2, 3), fc.integer({ min: 1, max: 6 }), (accuracy, nodes) => {
      assert.ok(Math.abs(expected(sparseTree(accuracy, nodes)) - bruteForce(accuracy, nodes)) < 1e-12)
    }),
    { numRuns: 40 },
  )
})

test("the tree of the paper's example begins as told", () => {
  // Hit rates of the released heads of a 7B model, ranks 0 and 1 of the first two.
  const { parents, levels, ranks } = sparseTree(
    [
      [0.56, 0.1],
      [0.32, 0.09],
    ],
    4,
  )
  assert.deepEqual(levels, [1, 2, 1, 2])
  assert.deepEqual(ranks, [0, 0, 1, 1])
  assert.deepEqual(parents, [-1, 0, -1, 0])
})

test("a tree is cut to a depth with its nodes in order", () => {
  const accuracy = [[0.9], [0.8, 0.15], [0.7]]
  const tree = sparseTree(accuracy, 5)
  const cut = shallow(tree, 2)
  assert.deepEqual(cut.levels, [1, 2, 2])
  assert.deepEqual(cut.parents, [-1, 0, 0])
  assert.equal(shallow(tree, 3), tree)
})

test("the size chosen is never slower than a chain of any length, whatever rows cost", () => {
  const costs = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 31, maxLength: 31 })
  fc.assert(
    fc.property(table(4, 5), costs, (accuracy, steps) => {
      const prices = [1]
      for (const step of steps) prices.push(prices.at(-1)! + step)
      const cost = (nodes: number): number => prices[nodes]!
      const tree = sparseTree(accuracy, 30)
      const size = worthwhileSize(tree, 30, cost)
      const rate = (1 + expected({ ...tree, values: tree.values.slice(0, size) })) / cost(size)
      let chain = 1
      let reach = 1
      for (let length = 0; length <= accuracy.length; length++) {
        if (length > 0) chain += reach *= Math.max(...accuracy[length - 1]!)
        assert.ok(rate >= chain / cost(length) - 1e-12)
      }
    }),
  )
})
