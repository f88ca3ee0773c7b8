import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { checkTree, pathTo, treeLevels } from "@parade/drafting"
import * as fc from "fast-check"
import { countedOf, someTexts } from "./_testing.ts"
import {
  draftPaths,
  likeliestTree,
  searchTree,
  treeOfPaths,
  trigramCounter,
  trigramTable,
  type TrigramTable,
} from "./mod.ts"

const tableOf = (texts: readonly (readonly number[])[]): TrigramTable =>
  trigramTable(countedOf(texts), { bump: 0.04, cap: 3 })

const searched = (table: TrigramTable, seed: number): ReturnType<typeof searchTree> =>
  searchTree(table, 1, 2, { iterations: 150, length: 4, c1: 32, c2: 8 }, (i) =>
    uniform(seed, "proposal", 0, i),
  )

const bounds = fc.record({ nodes: fc.integer({ min: 1, max: 64 }), depth: fc.integer({ min: 1, max: 5 }) })

test("paths are those visited most often, each with the heaviest successor behind it, of no more tokens than are drafted", () => {
  fc.assert(
    fc.property(
      someTexts,
      fc.nat(),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 64 }),
      (texts, seed, sequences, nodes) => {
        const table = tableOf(texts)
        const tree = searched(table, seed)
        const paths = draftPaths(table, tree, { sequences, nodes })
        assert.ok(paths.length < Math.max(2, sequences))
        assert.equal(new Set(paths.map((path) => path.join())).size, paths.length)
        assert.ok(paths.reduce((sum, path) => sum + new Set(path).size, 0) <= nodes)
        for (const path of paths) {
          assert.ok(path.length >= 1 && path.length <= 4)
          for (const [i, token] of path.entries()) {
            const row = table.successors(path[i - 2] ?? (i === 1 ? 2 : 1), path[i - 1] ?? 2)!
            assert.ok(row.tokens.includes(token))
            if (i === path.length - 1 && i > 0) assert.ok(row.tokens.includes(token))
          }
        }
      },
    ),
  )
})

test("of three nodes the bare root and the two visited most are drafted, each with what most likely follows", () => {
  const table = tableOf([
    [1, 2, 3, 7],
    [1, 2, 3, 7],
    [1, 2, 3, 8],
    [1, 2, 4, 9],
    [1, 2, 4],
    [1, 2, 5],
  ])
  const tree = { tokens: [2, 3, 4, 5], parents: [-1, 0, 0, 0], visits: [9, 4, 3, 2] }
  assert.deepEqual(draftPaths(table, tree, { sequences: 3, nodes: 64 }), [
    [3, 7],
    [4, 9],
  ])
  // Two of the paths have two tokens; the first of the longest goes first.
  assert.deepEqual(draftPaths(table, tree, { sequences: 4, nodes: 3 }), [[4, 9], [5]])
})

for (const [name, treeOf] of [
  [
    "paths",
    (table: TrigramTable, seed: number, within: { nodes: number; depth: number }) =>
      treeOfPaths(
        table,
        1,
        2,
        draftPaths(table, searched(table, seed), { sequences: 24, nodes: 64 }),
        within,
      ),
  ],
  [
    "the likeliest",
    (table: TrigramTable, _: number, within: { nodes: number; depth: number }) =>
      likeliestTree(table, 1, 2, within),
  ],
] as const)
  test(`a tree of ${name} has no two equal siblings and keeps to its bounds, and its chances are no more than 1 in all`, () => {
    fc.assert(
      fc.property(
        someTexts,
        fc.array(fc.nat(5), { maxLength: 40 }),
        fc.nat(),
        bounds,
        (texts, said, seed, within) => {
          const table = tableOf(texts)
          for (let i = 0; i < 30; i++) table.bump(said, said.length - 16)
          const tree = treeOf(table, seed, within)
          assert.equal(checkTree(tree, 6), undefined)
          assert.ok(tree.tokens.length <= within.nodes)
          assert.ok(treeLevels(tree).every((level) => level <= within.depth))
          const paths = Array.from(tree.tokens, (_token, node) => pathTo(tree, node).join())
          assert.equal(new Set(paths).size, paths.length)
          for (let parent = -1; parent < tree.tokens.length; parent++) {
            let sum = 0
            for (const [node, p] of [...(tree.parents as number[])].entries())
              if (p === parent) sum += tree.confidence![node]!
            assert.ok(sum <= 1 + 1e-6)
          }
        },
      ),
    )
  })

test("a tree of paths has its nodes in their order, and fewer of them are the first", () => {
  const table = tableOf([
    [1, 2, 3, 4],
    [1, 2, 5, 6],
    [2, 3, 5],
  ])
  const paths = [[3, 4], [5, 6], [3, 5], [3]]
  const tree = treeOfPaths(table, 1, 2, paths, { nodes: 64, depth: 4 })
  assert.deepEqual(
    [tree.tokens, tree.parents],
    [
      [3, 4, 5, 6, 5],
      [-1, 0, -1, 2, 0],
    ],
  )
  assert.deepEqual(treeOfPaths(table, 1, 2, paths, { nodes: 3, depth: 4 }).tokens, [3, 4, 5])
  assert.deepEqual(treeOfPaths(table, 1, 2, paths, { nodes: 64, depth: 1 }).tokens, [3, 5])
})

test("the likeliest tree is that of the greatest products", () => {
  // 3 follows in three of four cases, then 4 always; 5 in one, then 6 or 7.
  const table = tableOf([
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 3, 4],
    [1, 2, 5, 6],
    [2, 5, 7],
  ])
  const tree = likeliestTree(table, 1, 2, { nodes: 4, depth: 2 })
  assert.deepEqual(tree, { tokens: [3, 4, 5, 6], parents: [-1, 0, -1, 2], confidence: [0.75, 1, 0.25, 0.5] })
})

test("a search that meets new pairs where all room is taken still makes its tree", () => {
  const counter = trigramCounter()
  for (let x = 4; x < 10; x++) counter.add([2, 3, x, 3 + x, x])
  const table = trigramTable(counter.counted(12), { bump: 0.04, cap: 3 })
  // The pair searched from is the one met first of as many as are held.
  table.bump([1, 2, 3], 0)
  table.bump(
    Array.from({ length: 2 ** 18 + 1 }, (_, i) => 100 + i),
    0,
  )
  const drafted = (): number => {
    const paths = draftPaths(table, searched(table, 0), { sequences: 24, nodes: 64 })
    return treeOfPaths(table, 1, 2, paths, { nodes: 64, depth: 4 }).tokens.length
  }
  assert.ok(drafted() > 6)
  // What a search has met beyond that room goes with the next bump.
  table.bump([], 0)
  assert.equal(table.successors(1, 2), undefined)
})
