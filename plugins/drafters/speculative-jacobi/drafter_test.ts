import assert from "node:assert/strict"
import { test } from "node:test"
import { collectText, type FinishedEvent, type Model, type Sampler, type Verifier } from "@parade/core"
import type { Drafter, DraftOutcome, DraftPlan } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { speculative } from "@parade/speculative"
import { speculativeSampling } from "@parade/speculative-sampling"
import { standardSampler } from "@parade/standard-sampler"
import { greedySampler, naiveCache, plainDecoding, softmaxSampler, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"
import { SpeculativeJacobiConfig, speculativeJacobi } from "./mod.ts"

const configOf = (config: object): SpeculativeJacobiConfig =>
  Schema.decodeUnknownSync(SpeculativeJacobiConfig)(config)

/** What a drafter planned and what it was then told. */
const watched = (drafter: Drafter): { drafter: Drafter; plans: DraftPlan[]; outcomes: DraftOutcome[] } => {
  const plans: DraftPlan[] = []
  const outcomes: DraftOutcome[] = []
  return {
    plans,
    outcomes,
    drafter: {
      ...drafter,
      open: (context) =>
        Effect.map(drafter.open(context), (draft) => ({
          ...draft,
          plan: (budget) => Effect.tap(draft.plan(budget), (plan) => Effect.sync(() => plans.push(plan))),
          observe: (outcome) => {
            outcomes.push(outcome)
            return draft.observe(outcome)
          },
        })),
    },
  }
}

interface Options {
  readonly sampler?: Sampler
  readonly verifier?: Verifier
  readonly seed?: number
  readonly maxTokens?: number
  readonly maxDraft?: number
  readonly model?: Model
}

const prompt = [1, 2, 3]
const table = tableModel({ vocabularySize: 6, order: 2, seed: 3, spread: 2 })

const decoded = (drafter: Drafter, options: Options = {}): Promise<FinishedEvent> => {
  const {
    sampler = softmaxSampler(1),
    verifier = speculativeSampling,
    seed = 1,
    maxTokens = 40,
    maxDraft = 64,
    model = table,
  } = options
  return Effect.runPromise(
    collectText(
      speculative({ model, drafter, verifier, sampler, cache: naiveCache, adaptive: false, maxDraft }).decode(
        {
          prompt: [{ tokens: prompt }],
          target: { kind: "continuation", maxTokens },
          seed,
        },
      ),
    ),
  )
}

const anyConfig = fc
  .record({
    window: fc.integer({ min: 1, max: 9 }),
    start: fc.constantFrom("random", "repeat-left", "likeliest-left"),
    rowLength: fc.integer({ min: 0, max: 5 }),
  })
  .map(({ rowLength, ...rest }) => configOf(rowLength === 0 ? rest : { ...rest, rowLength }))

test("greedy it is Jacobi decoding: the text is the greedy one, with either verifier", () =>
  fc.assert(
    fc.asyncProperty(
      anyConfig,
      fc.nat(1000),
      fc.constantFrom(exactMatch, speculativeSampling),
      async (config, seed, verifier) => {
        const model = tableModel({ vocabularySize: 6, order: 2, seed, spread: 2, endTokens: [5] })
        const sampler = greedySampler
        const plain = await Effect.runPromise(
          Effect.scoped(plainDecoding(model, sampler, { prompt, maxTokens: 20, seed })),
        )
        const options = { model, sampler, verifier, seed, maxTokens: 20 }
        const { tokens, stats } = await decoded(speculativeJacobi(config), options)
        assert.deepEqual(tokens, plain.tokens)
        assert.ok(stats.forwards <= Math.max(1, tokens.length))
      },
    ),
    { numRuns: 60 },
  ))

test("matched exactly, sampled text is that of plain sampling, token for token", () =>
  fc.assert(
    fc.asyncProperty(anyConfig, fc.nat(1000), async (config, seed) => {
      const sampler = softmaxSampler(0.8)
      const plain = await Effect.runPromise(
        Effect.scoped(plainDecoding(table, sampler, { prompt, maxTokens: 20, seed })),
      )
      const options = { sampler, verifier: exactMatch, seed, maxTokens: 20 }
      assert.deepEqual((await decoded(speculativeJacobi(config), options)).tokens, plain.tokens)
    }),
    { numRuns: 40 },
  ))

test("a window of one row is plain decoding, one forward per token", async () => {
  const { drafter, plans } = watched(speculativeJacobi(configOf({ window: 1 })))
  const { stats } = await decoded(drafter)
  assert.equal(stats.forwards, stats.tokens)
  assert.ok(plans.every(({ tokens }) => tokens.length === 0))
})

test("each forward has W rows at most, and every draft drawn could be drawn by the law it comes with", async () => {
  const { drafter, plans } = watched(speculativeJacobi(configOf({ window: 5 })))
  await decoded(drafter, { sampler: standardSampler({ temperature: 1, topK: 3 }) })
  const drawn = plans.flatMap(({ laws, tokens }) =>
    [...(laws ?? [])].map(([parent, law]) => ({ law, token: tokens[parent + 1]! })),
  )
  assert.ok(drawn.length > 20)
  for (const { tokens } of plans) assert.ok(tokens.length <= 4)
  for (const { law, token } of drawn) {
    assert.ok(law.law === "iid" && law.q.probability(token) > 0)
    const { probabilities } = law.law === "iid" ? law.q.support() : { probabilities: [] }
    assert.ok(probabilities.length <= 3)
    assert.ok(Math.abs([...probabilities].reduce((a, b) => a + b, 0) - 1) < 1e-9)
  }
})

test("behind the first refused draft the next round drafts from what the target said there; behind none, afresh", async () => {
  const { drafter, plans, outcomes } = watched(speculativeJacobi(configOf({ window: 4 })))
  const { tokens } = await decoded(drafter, { maxTokens: 60 })
  assert.equal(tokens.length, 60)
  let [behindRefused, afresh] = [0, 0]
  for (const [i, { tree, verdict, readings }] of outcomes.entries()) {
    const next = plans[i + 1]
    if (next === undefined || next.tokens.length < 3) continue
    const refused = verdict.accepted.length
    const rows = refused === tree.tokens.length ? 0 : tree.tokens.length - refused
    assert.equal(next.laws?.size ?? 0, Math.min(rows, next.tokens.length))
    for (let j = 0; j < rows; j++) {
      const law = next.laws!.get(j - 1)!
      const logits = readings.proposals["logits"]!.row(refused + j)
      const expected = softmaxSampler(1).process(logits, {} as never)
      assert.ok(law.law === "iid")
      for (let token = 0; token < 6; token++)
        assert.ok(Math.abs(law.q.probability(token) - expected.probability(token)) < 1e-9)
    }
    if (rows > 0) behindRefused++
    else afresh++
  }
  assert.ok(behindRefused > 10 && afresh > 0, `${behindRefused} and ${afresh}`)
})

test("where nothing is known the token on the left is repeated, but in the first column of a row", async () => {
  const { drafter, plans } = watched(
    speculativeJacobi(configOf({ window: 8, start: "repeat-left", rowLength: 4 })),
  )
  const { tokens } = await decoded(drafter, { maxTokens: 40 })
  const text = [...prompt, ...tokens]
  // The first plan stands behind one token, so that no row of the grid begins before its fourth draft.
  const [first] = plans
  assert.deepEqual(Array.from(first!.tokens).slice(0, 3), Array(3).fill(text[prompt.length]))
  assert.ok(new Set(plans.map((plan) => plan.tokens[3])).size > 1)
  assert.deepEqual(Array.from(first!.tokens).slice(4, 7), Array(3).fill(first!.tokens[3]))
})

test("likeliest-left continues with what was likeliest where the last draft was drawn", async () => {
  const { drafter, plans } = watched(speculativeJacobi(configOf({ window: 8, start: "likeliest-left" })))
  await decoded(drafter, { maxTokens: 60 })
  let seen = 0
  for (const { tokens, laws } of plans) {
    const drawn = laws?.size ?? 0
    if (drawn === 0 || tokens.length <= drawn) continue
    const law = laws!.get(drawn - 2)!
    if (law.law === "iid" && law.q.point === undefined) {
      assert.equal(tokens[drawn], law.q.argmax())
      seen++
    }
  }
  assert.ok(seen > 0)
})

test("nothing is drafted behind the end of the text", async () => {
  const model = tableModel({ vocabularySize: 6, order: 2, seed: 3, spread: 2, endTokens: [5] })
  const { drafter, plans } = watched(speculativeJacobi(configOf({ window: 8 })))
  for (let seed = 0; seed < 20; seed++) await decoded(drafter, { model, seed })
  let ends = 0
  for (const { tokens } of plans) {
    const end = Array.from(tokens).indexOf(5)
    if (end < 0) continue
    ends++
    assert.equal(end, tokens.length - 1)
  }
  assert.ok(ends > 0)
})

test("where a token does not depend on those before, every draft that was drawn stands", async () => {
  const model = tableModel({ vocabularySize: 6, order: 0, seed: 8, spread: 2 })
  const { drafter, outcomes } = watched(speculativeJacobi(configOf({})))
  const { stats } = await decoded(drafter, { model, maxTokens: 200 })
  for (const { tree, verdict } of outcomes) assert.ok(verdict.accepted.length >= (tree.laws?.size ?? 0))
  assert.ok(outcomes.some(({ tree }) => (tree.laws?.size ?? 0) === 15))
  assert.ok(stats.forwards < 0.4 * stats.tokens, `${stats.forwards} for ${stats.tokens}`)
})
