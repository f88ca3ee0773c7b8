import assert from "node:assert/strict"
import { test } from "node:test"
import {
  denseDistribution,
  type Distribution,
  type DraftTree,
  pointDistribution,
  uniform,
} from "@parade/core"
import fc from "fast-check"
import { matchTokens } from "./exact-match.ts"

const vocabulary = 5
const never = () => false

/** A target whose distribution depends on the tokens of the path, so that nodes differ. */
const targetOf =
  (tree: DraftTree, salt: number) =>
  (node: number): Distribution => {
    let key = salt
    for (let at = node; at >= 0; at = tree.parents[at]!)
      key = Math.imul(key ^ tree.tokens[at]!, 0x9e3779b1) >>> 0
    return denseDistribution(
      Float64Array.from({ length: vocabulary }, (_, i) => (key >>> (3 * i)) % 4 || 0.01),
    )
  }

const treeOf = (nodes: readonly (readonly [number, number])[]): DraftTree => ({
  tokens: nodes.map(([token]) => token),
  parents: nodes.map(([, parent], i) => (parent % (i + 1)) - 1),
})

const nodes = fc.array(fc.tuple(fc.nat(vocabulary - 1), fc.nat(30)), { maxLength: 20 })

test("the tokens are those that plain decoding draws, whatever the tree", () => {
  fc.assert(
    fc.property(nodes, fc.nat(), fc.nat(1000), (list, seed, position) => {
      const tree = treeOf(list)
      const target = targetOf(tree, seed)
      const verdict = matchTokens({
        tree,
        target,
        position,
        uniform: (purpose, at, attempt) => uniform(seed, purpose, at, attempt),
        isEnd: never,
      })
      let parent = -1
      for (const [i, node] of verdict.accepted.entries()) {
        assert.equal(tree.parents[node], parent)
        assert.equal(tree.tokens[node], target(parent).draw(uniform(seed, "token", position + i)))
        parent = node
      }
      const end = position + verdict.accepted.length
      assert.deepEqual(verdict.appended, [target(parent).draw(uniform(seed, "token", end))])
      assert.ok(!list.some(([token], i) => tree.parents[i] === parent && token === verdict.appended[0]))
      assert.ok(verdict.accepted.length + verdict.rejected <= tree.tokens.length)
    }),
  )
})

test("the draw has the target's law: every token's share of the unit interval is its probability", () => {
  const p = denseDistribution(Float64Array.of(1, 0, 3, 4))
  const tree = { tokens: [2, 3], parents: [-1, -1] }
  const share = new Float64Array(4)
  for (const [token, from, to] of [
    [0, 0, 1 / 8],
    [2, 1 / 8, 1 / 2],
    [3, 1 / 2, 1],
  ] as const)
    for (const u of [from, (from + to) / 2, to - 1e-12]) {
      const { accepted, appended } = matchTokens({
        tree,
        target: (node) => (node < 0 ? p : pointDistribution(4, 0)),
        position: 0,
        uniform: () => u,
        isEnd: never,
      })
      assert.equal(accepted.length > 0 ? tree.tokens[accepted[0]!] : appended[0], token)
      share[token] = to - from
    }
  for (let token = 0; token < 4; token++) assert.equal(share[token], p.probability(token))
})

test("nothing follows an accepted end of text", () => {
  const tree = { tokens: [1, 2, 3], parents: [-1, 0, 1] }
  const verdict = matchTokens({
    tree,
    target: (node) => pointDistribution(4, node + 2 > 3 ? 0 : node + 2),
    position: 0,
    uniform: () => 0,
    isEnd: (token) => token === 2,
  })
  assert.deepEqual(verdict, { accepted: [0, 1], appended: [], rejected: 0 })
})

test("of siblings with the same token the first is followed, the others count as rejected", () => {
  const tree = { tokens: [1, 1, 2], parents: [-1, -1, -1] }
  const verdict = matchTokens({
    tree,
    target: (node) => pointDistribution(4, node < 0 ? 1 : 3),
    position: 0,
    uniform: () => 0,
    isEnd: never,
  })
  assert.deepEqual(verdict, { accepted: [0], appended: [3], rejected: 2 })
})

test("only the walked path is asked for", () => {
  const asked: number[] = []
  const tree = { tokens: [1, 2, 3, 1], parents: [-1, -1, 0, 1] }
  matchTokens({
    tree,
    target: (node) => {
      asked.push(node)
      return pointDistribution(4, node < 0 ? 2 : 0)
    },
    position: 0,
    uniform: () => 0,
    isEnd: never,
  })
  assert.deepEqual(asked, [-1, 1])
})
