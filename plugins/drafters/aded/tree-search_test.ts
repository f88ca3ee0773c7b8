import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import * as fc from "fast-check"
import { countedOf, someTexts } from "./_testing.ts"
import { type SearchOptions, searchTree, trigramTable, type TrigramTable } from "./mod.ts"

const published: SearchOptions = { iterations: 150, length: 4, c1: 32, c2: 8 }

const tableOf = (texts: readonly (readonly number[])[]): TrigramTable =>
  trigramTable(countedOf(texts), { bump: 0.04, cap: 3 })

const draws =
  (seed: number) =>
  (i: number): number =>
    uniform(seed, "proposal", 3, i)

test("every iteration passes the root, and a node is passed as often as its children and where it was the end", () => {
  fc.assert(
    fc.property(
      someTexts,
      fc.integer({ min: 1, max: 200 }),
      fc.integer({ min: 2, max: 6 }),
      fc.nat(),
      (texts, iterations, length, seed) => {
        const tree = searchTree(tableOf(texts), 1, 2, { ...published, iterations, length }, draws(seed))
        assert.equal(tree.visits[0], iterations)
        const below = tree.tokens.map(() => 0)
        const depths = [1]
        for (let node = 1; node < tree.tokens.length; node++) {
          assert.ok(tree.parents[node]! < node)
          below[tree.parents[node]!]! += tree.visits[node]!
          depths[node] = depths[tree.parents[node]!]! + 1
        }
        let ended = 0
        for (const [node, visits] of tree.visits.entries()) {
          assert.ok(below[node]! <= visits)
          ended += visits - below[node]!
          assert.ok(depths[node]! <= length)
        }
        // Every iteration ended in one node.
        assert.equal(ended, iterations)
      },
    ),
  )
})

test("siblings are the successors of the pair they follow, each once, the heaviest first", () => {
  fc.assert(
    fc.property(someTexts, fc.nat(), (texts, seed) => {
      const table = tableOf(texts)
      const tree = searchTree(table, 1, 2, published, draws(seed))
      for (const node of tree.tokens.keys()) {
        const children = tree.tokens.filter((_, child) => child > 0 && tree.parents[child] === node)
        const before = node === 0 ? 1 : tree.tokens[tree.parents[node]!]!
        if (children.length > 0)
          assert.deepEqual(children, table.successors(before, tree.tokens[node]!)!.tokens)
      }
    }),
  )
})

test("the same draws give the same tree", () => {
  const table = tableOf([[1, 2, 3, 4, 1, 2, 4, 3, 1, 2, 5, 4]])
  const searched = (seed: number): unknown => searchTree(table, 1, 2, published, draws(seed))
  assert.deepEqual(searched(1), searched(1))
})

test("a pair that was never seen has the root alone", () => {
  const { tokens, visits } = searchTree(tableOf([]), 1, 2, published, draws(0))
  assert.deepEqual([tokens, visits], [[2], [150]])
})

test("every child is tried once before one is tried twice; then the heavier one is visited more", () => {
  // After 1, 2 comes 3 three times, 4 twice, 5 once; nothing is known of what follows these.
  const table = tableOf([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 4],
    [1, 2, 4],
    [1, 2, 5],
  ])
  const visits = (iterations: number): readonly number[] =>
    searchTree(table, 1, 2, { ...published, iterations }, draws(0)).visits
  // The first iteration makes the children and goes on from the last of them.
  assert.deepEqual(visits(1), [1, 0, 0, 1])
  assert.deepEqual(visits(3), [3, 1, 1, 1])
  const [, three, four, five] = visits(150) as [number, number, number, number]
  assert.ok(three > four && four > five)
})

test("the score of a child is that of the paper", () => {
  const table = tableOf([
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 3],
    [1, 2, 4],
  ])
  // Rewards are 1 and the weight passed, whatever is visited.
  const [seen, rewards] = [
    [0, 0],
    [1.75, 1.25],
  ]
  const expected = [0, 0]
  for (let n = 0; n < 40; n++) {
    const score = (i: number): number =>
      expected[i] === 0
        ? Infinity
        : rewards[i]! +
          ([0.75, 0.25][i]! * Math.sqrt(n) * (2 + Math.log((n + 5 + 1) / 5))) / (1 + expected[i]!)
    const next = n === 0 ? 1 : score(0) >= score(1) ? 0 : 1
    expected[next]!++
    const { visits } = searchTree(table, 1, 2, { iterations: n + 1, length: 2, c1: 2, c2: 5 }, draws(0))
    seen[0] = visits[1]!
    seen[1] = visits[2]!
    assert.deepEqual(seen, expected)
  }
})

test("a path is worth the weights on it, so that what leads to likely tokens is visited more than what does not", () => {
  // 3 and 4 are as likely; after 3 comes always 5, after 4 any of twelve.
  const texts = Array.from({ length: 12 }, (_, i) => [
    [1, 2, 3, 5, 5],
    [1, 2, 4, 6 + i, 20],
  ]).flat()
  const { visits } = searchTree(tableOf(texts), 1, 2, { ...published, c1: 0.1 }, draws(0))
  assert.ok(visits[1]! > 1.5 * visits[2]!, `${visits[1]} and ${visits[2]}`)
})
