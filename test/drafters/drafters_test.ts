import assert from "node:assert/strict"
import { test } from "node:test"
import { type DraftTree, makeHistory } from "@parade/core"
import { checkPlan, type DraftBudget, type DraftPlan, type Drafter, roundCost } from "@parade/drafting"
import * as Effect from "effect/Effect"
import {
  dishonestDrafters,
  greedySampler,
  honestDrafters,
  sampledDrafter,
  plainDecoding,
  readPrompt,
  tableModel,
} from "../mod.ts"

const endToken = 7
const model = tableModel({ vocabularySize: 8, order: 2, seed: 3, endTokens: [endToken] })
const prompt = [1, 2, 3]
const text = await Effect.runPromise(
  Effect.map(
    plainDecoding(model, greedySampler, { prompt, maxTokens: 40, seed: 0, ignoreEnd: true }),
    ({ tokens }) => [...prompt, ...tokens],
  ),
)

const plan = (drafter: Drafter, budget: DraftBudget, committed: readonly number[] = prompt, seed = 1) =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const draft = yield* drafter.open({
          target: model,
          cost: roundCost({ milliseconds: (rows) => rows, source: "rows" }),
          history: makeHistory(committed),
          sampler: greedySampler,
          accepts: ["point", "iid", "withoutReplacement"],
          seed,
          prompt: yield* readPrompt(model, drafter.uses, committed),
        })
        return yield* draft.plan(budget)
      }),
    ),
  )

const depths = ({ tokens, parents }: DraftTree): number[] => {
  const out: number[] = []
  for (let i = 0; i < tokens.length; i++) out.push(parents[i]! < 0 ? 1 : out[parents[i]!]! + 1)
  return out
}

const isSound = (drafter: Drafter, tree: DraftPlan, budget: DraftBudget): boolean =>
  checkPlan(tree, model.info, drafter.uses) === undefined &&
  tree.tokens.length <= budget.nodes &&
  depths(tree).every((depth, i) => depth <= budget.depth && tree.parents[i]! < i) &&
  Array.from(tree.tokens).every((token) => token >= 0 && token < 8) &&
  new Set(Array.from(tree.tokens, (token, i) => `${tree.parents[i]}/${token}`)).size === tree.tokens.length

for (const drafter of honestDrafters({ text, endToken, seed: 5 }))
  test(`${drafter.name} keeps the contract for every budget`, async () => {
    for (const nodes of [0, 1, 2, 7, 20])
      for (const depth of [0, 1, 2, 5])
        for (const length of [3, 4, 11, text.length]) {
          const tree = await plan(drafter, { nodes, depth, rows: 64 }, text.slice(0, length))
          assert.ok(isSound(drafter, tree, { nodes, depth, rows: 64 }), JSON.stringify(tree))
        }
  })

for (const drafter of dishonestDrafters({ text, endToken, seed: 5 }))
  test(`${drafter.name} breaks the contract`, async () => {
    const tree = await plan(drafter, { nodes: 6, depth: 6, rows: 64 })
    assert.ok(!isSound(drafter, tree, { nodes: 6, depth: 6, rows: 64 }), JSON.stringify(tree))
  })

test("the oracle proposes the text, the wrong drafter anything but it", async () => {
  const [, oracle, wrong] = honestDrafters({ text, endToken, seed: 5 })
  const budget = { nodes: 4, depth: 4, rows: 64 }
  assert.deepEqual((await plan(oracle!, budget)).tokens, text.slice(3, 7))
  const tokens = Array.from((await plan(wrong!, budget)).tokens)
  assert.ok(tokens.length === 4 && tokens.every((token, i) => token !== text[3 + i]))
})

test("random trees take many shapes, and with the text at hand some go deep along it", async () => {
  const shapes = new Set<string>()
  let deepest = 0
  const [, , , , drafter] = honestDrafters({ text, endToken, seed: 5 })
  for (let length = 3; length < 35; length++) {
    const tree = await plan(drafter!, { nodes: 12, depth: 8, rows: 64 }, text.slice(0, length))
    shapes.add(Array.from(tree.parents).join())
    let node = -1
    let depth = 0
    for (let i = 0; i < tree.tokens.length; i++)
      if (tree.parents[i] === node && tree.tokens[i] === text[length + depth]) {
        node = i
        depth++
      }
    deepest = Math.max(deepest, depth)
  }
  assert.ok(shapes.size > 20 && deepest >= 3, `${shapes.size} shapes, depth ${deepest}`)
})

for (const law of ["iid", "withoutReplacement"] as const)
  test(`${law} draws follow q and are listed in the order of the draws`, async () => {
    const q = [0.5, 0.25, 0.125, 0.125, 0, 0, 0, 0]
    const drafter = sampledDrafter({ law, trials: 2, q: () => q })
    const first = [0, 0, 0, 0, 0, 0, 0, 0]
    let repeated = 0
    const runs = 4000
    for (let seed = 0; seed < runs; seed++) {
      const tree = await plan(drafter, { nodes: 2, depth: 1, rows: 64 }, prompt, seed)
      const root = tree.laws!.get(-1)!
      assert.ok(root.law === law && root.trials.length === 2)
      first[tree.tokens[root.trials[0]!]!]!++
      if (root.trials[0] === root.trials[1]) repeated++
    }
    for (const [token, p] of q.entries())
      assert.ok(Math.abs(first[token]! - runs * p) <= 4 * Math.sqrt(runs * p * (1 - p)), `${first.join()}`)
    const expected = law === "iid" ? runs * q.reduce((sum, p) => sum + p * p, 0) : 0
    assert.ok(Math.abs(repeated - expected) <= 4 * Math.sqrt(expected), `${repeated} repeated`)
  })
