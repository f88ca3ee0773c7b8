import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Cache,
  type CacheFactory,
  collectText,
  type FinishedEvent,
  makeHistory,
  type Model,
  type Request,
  type RoundEvent,
  type Sampler,
  type Verifier,
} from "@parade/core"
import { type DraftContext, type Drafter, noReadings, roundCost } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { speculative } from "@parade/speculative"
import { speculativeSampling } from "@parade/speculative-sampling"
import {
  assertReplays,
  greedySampler,
  naiveCache,
  plainDecoding,
  softmaxSampler,
  tableModel,
} from "@parade/test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { DraftModelConfig } from "./config.ts"
import { draftModel } from "./drafter.ts"

const config: DraftModelConfig = { draftLength: 4, law: "auto", branches: 1 }
const prompt = [1, 2, 3]
const request = (maxTokens: number, seed: number): Request => ({
  prompt: [{ tokens: prompt }],
  target: { kind: "continuation", maxTokens },
  seed,
})

interface Run {
  readonly model: Model
  readonly drafter: Drafter
  readonly sampler: Sampler
  readonly verifier?: Verifier
  readonly adaptive?: boolean
}

const run = (options: Run, asked: Request): Promise<FinishedEvent> =>
  Effect.runPromise(
    collectText(
      speculative({ verifier: exactMatch, adaptive: false, ...options, cache: naiveCache }).decode(asked),
    ),
  )

const target = tableModel({ vocabularySize: 6, order: 3, seed: 1, endTokens: [5], spread: 2 })
const smaller = tableModel({ vocabularySize: 6, order: 1, seed: 2, endTokens: [5], spread: 2 })

test("whatever the draft model says, exact match gives the text of plain decoding", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        draft: fc.constantFrom(target, smaller),
        sampler: fc.constantFrom(greedySampler, softmaxSampler(0.7), softmaxSampler(2)),
        law: fc.constantFrom("auto" as const, "iid" as const, "point" as const),
        branches: fc.integer({ min: 1, max: 3 }),
        draftLength: fc.integer({ min: 1, max: 6 }),
        maxTokens: fc.integer({ min: 1, max: 20 }),
        seed: fc.nat(1000),
        adaptive: fc.boolean(),
      }),
      async ({ draft, sampler, maxTokens, seed, adaptive, ...rest }) => {
        const drafter = draftModel(draft, naiveCache, rest)
        const plain = await Effect.runPromise(plainDecoding(target, sampler, { prompt, maxTokens, seed }))
        const found = await run({ model: target, drafter, sampler, adaptive }, request(maxTokens, seed))
        assert.deepEqual(found.tokens, plain.tokens)
        assert.equal(found.reason, plain.reason)
      },
    ),
    { numRuns: 80 },
  )
})

const endless = { ...target, info: { ...target.info, endTokens: [] } }

for (const [name, sampler, verifier] of [
  ["at temperature 0", greedySampler, exactMatch],
  ["with the draws of the text", softmaxSampler(1), exactMatch],
  ["by p/q", softmaxSampler(1), speculativeSampling],
] as const)
  test(`a draft model equal to the target is always right ${name}`, async () => {
    const drafter = draftModel(endless, naiveCache, config)
    const { stats } = await run({ model: endless, drafter, sampler, verifier }, request(41, 3))
    assert.equal(stats.accepted, stats.proposed)
    assert.equal(stats.meanAcceptanceLength, 41 / 9)
  })

test("drawing like the text matches more often than drawing independently", async () => {
  const agreement = async (law: "point" | "iid"): Promise<number> => {
    const near = tableModel({ vocabularySize: 6, order: 3, seed: 1, spread: 1.6 })
    const drafter = draftModel(near, naiveCache, { ...config, law })
    const { stats } = await run({ model: endless, drafter, sampler: softmaxSampler(1) }, request(300, 3))
    return stats.accepted / stats.proposed
  }
  assert.ok((await agreement("point")) > 1.5 * (await agreement("iid")))
})

test("its cache holds the text and nothing that was given up, however drafts end", async () => {
  const caches: Cache[] = []
  const factory: CacheFactory = {
    make: (store) =>
      Effect.tap(naiveCache.make(store), (cache) => Effect.sync(() => void caches.push(cache))),
  }
  for (const branches of [1, 2]) {
    caches.length = 0
    const drafter = draftModel(smaller, factory, { ...config, branches })
    const history = makeHistory(prompt)
    const context: DraftContext = {
      target,
      cost: roundCost({ milliseconds: (rows) => rows, source: "rows" }),
      history,
      sampler: greedySampler,
      accepts: ["point"],
      seed: 0,
      prompt: noReadings,
    }
    await Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const draft = yield* drafter.open(context)
          for (const next of [[1], [2, 3], [], [4, 4, 4, 4, 4, 4]]) {
            const tree = yield* draft.plan({ nodes: 8, depth: 4, rows: 64 })
            const [cache] = caches
            yield* assertReplays(smaller, cache!)
            const known = [...cache!.inputs.tokens].slice(0, history.length)
            assert.deepEqual(known, [...history.tokens])
            // As drafted, one of it, and something else.
            for (const token of next.length === 0 ? Array.from(tree.tokens).slice(0, 1) : next)
              history.append(token)
          }
        }),
      ),
    )
  }
})

test("forwards and rows of the draft model are counted, one forward a token", async () => {
  const drafter = draftModel(endless, naiveCache, config)
  const counted: RoundEvent[] = []
  await Effect.runPromise(
    Stream.runForEach(
      speculative({
        model: endless,
        drafter,
        verifier: exactMatch,
        sampler: greedySampler,
        cache: naiveCache,
        adaptive: false,
      }).decode(request(16, 0)),
      (event) =>
        Effect.sync(() => {
          if (event.type === "round") counted.push(event as RoundEvent)
        }),
    ),
  )
  assert.deepEqual(
    counted.map((round) => [round.counters?.["draftForwards"], round.counters?.["draftRows"]]),
    // Nobody is asked in the round after prefill; then the prompt and the first token at once; then what it lacks, two tokens.
    [
      [undefined, undefined],
      [4, 4 + 3],
      [4, 2 + 3],
      [4, 2 + 3],
    ],
  )
})

test("a draft model with another vocabulary is refused", async () => {
  const other = tableModel({ vocabularySize: 7, order: 1, seed: 2 })
  const failure = await Effect.runPromise(
    Effect.flip(
      collectText(
        speculative({
          model: target,
          drafter: draftModel(other, naiveCache, config),
          verifier: exactMatch,
          sampler: greedySampler,
          cache: naiveCache,
        }).decode(request(4, 0)),
      ),
    ),
  )
  assert.equal(failure.code, "draft.vocabulary-mismatch")
})

test("where the draft model's context is full it drafts no more", async () => {
  const short = tableModel({ vocabularySize: 6, order: 1, seed: 2, contextLength: 10 })
  for (const branches of [1, 2]) {
    const drafter = draftModel(short, naiveCache, { ...config, branches })
    const plain = await Effect.runPromise(
      plainDecoding(endless, greedySampler, { prompt, maxTokens: 20, seed: 0 }),
    )
    const found = await run({ model: endless, drafter, sampler: greedySampler }, request(20, 0))
    assert.deepEqual(found.tokens, plain.tokens)
  }
})
