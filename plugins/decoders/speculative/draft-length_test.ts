import assert from "node:assert/strict"
import { test } from "node:test"
import { type CostModel, type DraftTree, uniform } from "@parade/core"
import { chain, checkTree, type Draft, type Drafter, emptyTree, subtree } from "@parade/drafting"
import { tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { makeAcceptance } from "./acceptance.ts"
import { assumedCost, worthwhileNodes } from "./draft-length.ts"
import { makeLearnt } from "./learnt.ts"
import { makePlanner } from "./planner.ts"

const longest = 16

/** Tokens per millisecond of always drafting so many, where each stands with the same chance. */
const rateOf = (chance: number, drafted: number, cost: CostModel, draftMs: number): number => {
  let expected = 1
  for (let i = 1; i <= drafted; i++) expected += chance ** i
  return expected / (cost.milliseconds(1 + drafted, 0) + drafted * draftMs)
}

const bestRate = (chance: number, cost: CostModel, draftMs = 0): number =>
  Math.max(...Array.from({ length: longest + 1 }, (_, n) => rateOf(chance, n, cost, draftMs)))

interface Simulation {
  readonly chanceAt: (token: number) => number
  readonly tokens: number
  readonly cost: CostModel
  /** What drafting a level costs; absent where nothing. */
  readonly draftMs?: number
  readonly confidence?: (level: number, token: number) => number
}

/** The planner on a text whose tokens are as drafted with given chances; gives tokens per millisecond. */
const simulate = async ({ chanceAt, tokens, cost, draftMs, confidence }: Simulation): Promise<number> => {
  let at = 0
  let drafted = 0
  const draft: Draft = {
    plan: ({ depth, nodes }) =>
      Effect.sync((): DraftTree => {
        const length = Math.min(depth, nodes)
        drafted = length
        const tree = chain(new Int32Array(length).fill(1))
        return confidence === undefined
          ? tree
          : { ...tree, confidence: Array.from({ length }, (_, i) => confidence(i + 1, at)) }
      }),
    observe: () => Effect.void,
  }
  const drafter: Drafter = {
    name: "simulated",
    proposes: ["point"],
    ...(draftMs === undefined ? {} : { work: "each level" }),
    open: () => Effect.succeed(draft),
  }
  const { info } = tableModel({ vocabularySize: 2, order: 1, seed: 0 })
  const own = { scale: 1, fixed: 0, perLevel: draftMs ?? 0 }
  const planner = makePlanner({
    drafter,
    draft: Effect.succeed(draft),
    learnt: makeLearnt(drafter, info, cost, own),
    info,
    accepts: ["point"],
  })
  const truth = (index: number): number => (uniform(7, "noise", index) < chanceAt(index) ? 1 : 0)
  let milliseconds = 0
  while (at < tokens) {
    drafted = 0
    const budget = { nodes: longest, depth: longest, rows: 64 }
    const tree = planner.rests(budget, 1, at)
      ? emptyTree
      : (await Effect.runPromise(planner.plan(budget, 1, at))).plan
    const grown: number[] = []
    while (grown.length < tree.tokens.length && truth(at + grown.length) === 1) grown.push(1)
    grown.push(truth(at + grown.length))
    planner.learn(grown)
    at += grown.length
    milliseconds += cost.milliseconds(1 + tree.tokens.length, 0) + drafted * (draftMs ?? 0)
  }
  return at / milliseconds
}

const flat: CostModel = { milliseconds: (rows) => 1 + 0.02 * (rows - 1), source: "flat" }
const steep: CostModel = { milliseconds: (rows) => 1 + 0.9 * (rows - 1), source: "steep" }
const costs = { assumed: assumedCost, flat, steep }

for (const [name, cost] of Object.entries(costs))
  test(`free drafts: near the best length at every acceptance, never worse than plain (${name} cost)`, async () => {
    for (const chance of [0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.9, 0.98]) {
      const rate = await simulate({ chanceAt: () => chance, tokens: 3000, cost })
      const best = bestRate(chance, cost)
      const plain = 1 / cost.milliseconds(1, 0)
      assert.ok(rate > 0.92 * best, `at ${chance}: ${rate} of ${best}`)
      assert.ok(rate > 0.98 * plain, `at ${chance}: ${rate} where plain is ${plain}`)
    }
  })

test("drafts that cost time: near the best depth, probing within some per cent of plain", async () => {
  for (const draftMs of [0.05, 0.2, 0.5])
    for (const chance of [0, 0.1, 0.4, 0.7, 0.9]) {
      const rate = await simulate({ chanceAt: () => chance, tokens: 3000, cost: assumedCost, draftMs })
      const best = bestRate(chance, assumedCost, draftMs)
      assert.ok(rate > 0.92 * best, `at ${chance}, ${draftMs} ms a level: ${rate} of ${best}`)
      assert.ok(rate > 0.97, `at ${chance}, ${draftMs} ms a level: ${rate} where plain is 1`)
    }
})

test("a text that turns into a copy after a long while is drafted at full length soon", async () => {
  const turn = 2000
  const chanceAt = (token: number) => (token < turn ? 0.05 : 0.99)
  const before = await simulate({ chanceAt, tokens: turn, cost: assumedCost })
  const both = await simulate({ chanceAt, tokens: turn + 400, cost: assumedCost })
  const copying = 400 / ((turn + 400) / both - turn / before)
  assert.ok(copying > 0.7 * bestRate(0.99, assumedCost), `${copying}`)
})

test("confidence tells apart what is worth drafting, even where it is wrong by itself", async () => {
  // Runs of 20 tokens that stand and 20 that do not; the drafter says 0.6 and 0.5.
  const good = (token: number) => Math.floor(token / 20) % 2 === 0
  const chanceAt = (token: number) => (good(token) ? 0.95 : 0.02)
  const options = { chanceAt, tokens: 4000, cost: assumedCost }
  const blind = await simulate(options)
  const told = await simulate({
    ...options,
    confidence: (level, at) => (good(at + level - 1) ? 0.6 : 0.5),
  })
  assert.ok(told > 1.1 * blind, `${told} against ${blind}`)
})

test("the worthwhile nodes of a tree are a tree, and no other number of its likeliest nodes has a better rate", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(30), fc.double({ min: 0.01, max: 0.99, noNaN: true })), { maxLength: 20 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (nodes, slope) => {
        const tree: DraftTree = {
          tokens: nodes.map(() => 0),
          parents: nodes.map(([parent], i) => (parent % (i + 1)) - 1),
          confidence: nodes.map(([, confidence]) => confidence),
        }
        const cost = (count: number) => 1 + slope * count
        const chosen = worthwhileNodes(tree, makeAcceptance(), cost)
        assert.equal(checkTree(subtree(tree, chosen), 1), undefined)
        const reach: number[] = []
        for (const [i, [, confidence]] of nodes.entries())
          reach.push(confidence * (tree.parents[i]! < 0 ? 1 : reach[tree.parents[i]!]!))
        const sorted = reach.toSorted((a, b) => b - a)
        const rates = [1, ...sorted].map(
          (_, n) => (1 + sorted.slice(0, n).reduce((a, b) => a + b, 0)) / cost(n),
        )
        const rate = (1 + chosen.reduce((sum, node) => sum + reach[node]!, 0)) / cost(chosen.length)
        // Within the margin that plain decoding is ahead by, nothing is drafted.
        if (chosen.length > 0) assert.ok(rate > Math.max(...rates) - 1e-9)
        else assert.ok(Math.max(...rates) <= 1.04 + 1e-9)
      },
    ),
  )
})
