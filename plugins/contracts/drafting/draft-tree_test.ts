import assert from "node:assert/strict"
import { test } from "node:test"
import { denseDistribution, type DraftTree, type ProposalLaw } from "@parade/core"
import fc from "fast-check"
import {
  chain,
  checkTree,
  isChain,
  isPointTree,
  pathTo,
  subtree,
  treeLevels,
  treeNodesWithin,
} from "./draft-tree.ts"

const q = denseDistribution(Float64Array.of(1, 1, 1, 1))
const iid = (...trials: number[]): ProposalLaw => ({ law: "iid", q, trials })
const plain = (tree: DraftTree) => ({
  tokens: Array.from(tree.tokens),
  parents: Array.from(tree.parents),
})

const pointTree = fc.array(fc.tuple(fc.nat(3), fc.nat(40)), { maxLength: 24 }).map((nodes) => ({
  tokens: nodes.map(([token]) => token),
  parents: nodes.map(([, parent], i) => (parent % (i + 1)) - 1),
}))

test("a chain is a tree in which every node follows the one before", () => {
  const tree = chain([3, 1, 2])
  assert.deepEqual(plain(tree), { tokens: [3, 1, 2], parents: [-1, 0, 1] })
  assert.ok(isChain(tree))
  assert.ok(!isChain({ tokens: [1, 2], parents: [-1, -1] }))
  assert.deepEqual(pathTo(tree, 1), [3, 1])
  assert.deepEqual(pathTo(tree, -1), [])
})

test("a tree of points keeps its first nodes within the depth", () => {
  fc.assert(
    fc.property(pointTree, fc.nat(30), fc.nat(10), (tree, nodes, depth) => {
      const kept = subtree(tree, treeNodesWithin(tree, { nodes, depth }))
      assert.equal(checkTree(kept, 4), undefined)
      assert.ok(kept.tokens.length <= nodes)
      assert.ok(treeLevels(kept).every((level) => level <= depth))
      const whole = treeLevels(tree).filter((level) => level <= depth).length
      assert.equal(kept.tokens.length, Math.min(nodes, whole))
    }),
  )
})

test("a tree of drawn children is cut by whole levels, and refused where it has too many nodes", () => {
  const laws = new Map<number, ProposalLaw>([
    [-1, iid(0, 0, 1)],
    [0, iid(2, 3)],
    [2, iid(4)],
  ])
  const tree = { tokens: [0, 1, 2, 3, 1], parents: [-1, -1, 0, 0, 2], laws }
  assert.equal(checkTree(tree, 4), undefined)
  assert.ok(!isPointTree(tree))
  const two = subtree(tree, treeNodesWithin(tree, { nodes: 4, depth: 2 }))
  assert.equal(two.tokens.length, 4)
  assert.deepEqual([...two.laws!.keys()], [-1, 0])
  assert.equal(checkTree(two, 4), undefined)
  assert.throws(() => treeNodesWithin(tree, { nodes: 4, depth: 3 }), { code: "draft.over-budget" })
})

test("a part of a tree renames parents, trials and confidences", () => {
  const laws = new Map<number, ProposalLaw>([[1, iid(3)]])
  const tree = { tokens: [0, 1, 2, 3], parents: [-1, -1, 0, 1], laws, confidence: [0.1, 0.2, 0.3, 0.4] }
  const part = subtree(tree, Int32Array.of(1, 3))
  assert.deepEqual(plain(part), { tokens: [1, 3], parents: [-1, 0] })
  assert.deepEqual([...part.laws!.keys()], [0])
  assert.deepEqual(Array.from(part.confidence!), [0.2, 0.4])
  assert.equal(checkTree(part, 4), undefined)
})

test("malformed trees are told apart", () => {
  const message = (tree: DraftTree) => checkTree(tree, 4)?.message ?? ""
  assert.match(message({ tokens: [1], parents: [] }), /1 tokens and 0 parents/)
  assert.match(message({ tokens: [4], parents: [-1] }), /token 4/)
  assert.match(message({ tokens: [0.5], parents: [-1] }), /token 0.5/)
  assert.match(message({ tokens: [1], parents: [0] }), /parent 0/)
  assert.match(message({ tokens: [1], parents: [-1], confidence: [] }), /0 confidences/)
  assert.match(message({ tokens: [1], parents: [-1], laws: new Map([[-1, iid(1)]]) }), /trial under -1/)
  assert.equal(checkTree({ tokens: [1], parents: [0] }, 4)?.code, "draft.malformed-tree")
})
