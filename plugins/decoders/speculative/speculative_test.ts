import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type Cache,
  type CacheFactory,
  collectText,
  type Event,
  type Model,
  type Request,
  type RoundEvent,
  type Sampler,
  type Verifier,
  type VisibilityRule,
} from "@parade/core"
import { chain, type Drafter, emptyTree } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import {
  assertReplays,
  dishonestDrafters,
  emptyDrafter,
  greedySampler,
  historySampler,
  honestDrafters,
  naiveCache,
  oracleDrafter,
  plainDecoding,
  sampledDrafter,
  scriptedModel,
  softmaxSampler,
  tableModel,
} from "@parade/test"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { speculative, type SpeculativeOptions } from "./speculative.ts"

const request = (prompt: readonly number[], maxTokens: number, seed: number): Request => ({
  prompt: [{ tokens: prompt }],
  target: { kind: "continuation", maxTokens },
  seed,
})

/** The events of a text; after each round the cache is replayed. */
const replayed = async (
  options: Omit<SpeculativeOptions, "cache" | "verifier">,
  asked: Request,
): Promise<readonly Event[]> => {
  let cache: Cache | undefined
  const caches: CacheFactory = {
    make: (store) => Effect.tap(naiveCache.make(store), (made) => Effect.sync(() => (cache = made))),
  }
  const events: Event[] = []
  await Effect.runPromise(
    Stream.runForEach(
      speculative({ ...options, verifier: exactMatch, cache: caches }).decode(asked),
      (event) => {
        events.push(event)
        return event.type === "round" ? assertReplays(options.model, cache!) : Effect.void
      },
    ),
  )
  return events
}

const finished = (events: readonly Event[]) => {
  const last = events.at(-1)!
  assert.ok(last.type === "finished")
  return last as Extract<Event, { type: "finished" }>
}

const rounds = (events: readonly Event[]): readonly RoundEvent[] =>
  events.filter((event): event is RoundEvent => event.type === "round")

const endToken = 5
const samplers: readonly Sampler[] = [
  greedySampler,
  softmaxSampler(0.6),
  softmaxSampler(2),
  historySampler(6, 2, 0.8),
]

test("whatever is drafted, the text is that of plain decoding, token for token", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        table: fc.nat(1000),
        order: fc.integer({ min: 1, max: 3 }),
        seed: fc.nat(1000),
        maxTokens: fc.integer({ min: 1, max: 24 }),
        maxDraft: fc.integer({ min: 0, max: 12 }),
        adaptive: fc.boolean(),
        sampler: fc.constantFrom(...samplers),
        which: fc.nat(20),
      }),
      async ({ table, order, seed, maxTokens, maxDraft, adaptive, sampler, which }) => {
        const model = tableModel({ vocabularySize: 6, order, seed: table, endTokens: [endToken], spread: 2 })
        const prompt = [1, 2, 3]
        const plain = await Effect.runPromise(plainDecoding(model, sampler, { prompt, maxTokens, seed }))
        const beyond = [...prompt, ...plain.tokens, 1, 2, 3]
        const known = { text: beyond, endToken, seed }
        const honest = honestDrafters(known)
        const drafters = [
          ...honest,
          ...dishonestDrafters(known),
          sampledDrafter({ law: "iid", trials: 2, q: () => [1, 2, 1, 1, 2, 1] }),
          sampledDrafter({ law: "withoutReplacement", trials: 2, q: () => [1, 2, 1, 1, 2, 1] }),
        ]
        const drafter = drafters[which % drafters.length]!
        const run = replayed(
          { model, sampler, drafter, maxDraft, adaptive },
          request(prompt, maxTokens, seed),
        )
        const events = await run.catch((error: { code?: string }) => {
          assert.ok(!honest.includes(drafter), String(error))
          assert.equal(error.code, "draft.malformed-tree")
        })
        if (events === undefined) return

        const { tokens, reason, stats } = finished(events)
        assert.deepEqual(tokens, plain.tokens)
        assert.equal(reason, plain.reason)
        assert.equal(stats.tokens, tokens.length)
        assert.ok(!tokens.slice(0, -1).includes(endToken))
        let committed = 0
        for (const round of rounds(events)) {
          assert.equal(round.proposed, round.accepted + round.rejected + round.unreached)
          assert.ok(round.unreached >= 0)
          assert.ok(round.appended + round.accepted >= 1)
          assert.ok(round.forwards <= 1)
          assert.ok(round.proposed <= maxDraft)
          const verified = round.forwards === 0 ? 0 : 1 + round.proposed
          // Rows beyond those are auxiliary ones.
          assert.ok(drafter.uses === undefined ? round.rows === verified : round.rows >= verified)
          committed += round.accepted + round.appended
        }
        assert.equal(committed, tokens.length)
      },
    ),
    { numRuns: 150 },
  )
})

/** A verifier's model that notes the visibility of its forwards. */
const watched = (model: Model): { readonly model: Model; readonly rules: VisibilityRule[] } => {
  const rules: VisibilityRule[] = []
  return {
    rules,
    model: {
      ...model,
      forward: (rows, options) => {
        if (options.phase === "step") rules.push(options.visibility?.rule ?? "ranked")
        return model.forward(rows, options)
      },
    },
  }
}

test("what is proposed right is committed in one forward, and credited to the drafter", async () => {
  const prompt = [1, 2, 3]
  const model = tableModel({ vocabularySize: 6, order: 2, seed: 9 })
  const { tokens } = await Effect.runPromise(
    plainDecoding(model, greedySampler, { prompt, maxTokens: 40, seed: 0 }),
  )
  const { model: spied, rules } = watched(model)
  const events = await replayed(
    {
      model: spied,
      sampler: greedySampler,
      drafter: oracleDrafter([...prompt, ...tokens]),
      maxDraft: 7,
      adaptive: false,
    },
    request(prompt, 40, 0),
  )
  const { stats } = finished(events)
  assert.deepEqual(finished(events).tokens, tokens)
  // The prefill gives one token, each of the rounds 8 but the last, which has 7 to give.
  assert.equal(stats.forwards, 1 + 5)
  assert.deepEqual(stats.byProposer["oracle"], { proposed: 34, accepted: 34, rejected: 0, unreached: 0 })
  assert.deepEqual([...new Set(rules)], ["ranked"])
  const proposers = events.flatMap((event) =>
    event.type === "committed" ? (event as Extract<Event, { type: "committed" }>).proposers : [],
  )
  assert.equal(proposers.filter((proposer) => proposer === "oracle").length, 34)
})

test("adaptive drafting finds out that drafts stand, and that they do not", async () => {
  const prompt = [1, 2, 3]
  const model = tableModel({ vocabularySize: 6, order: 2, seed: 9 })
  const { tokens } = await Effect.runPromise(
    plainDecoding(model, greedySampler, { prompt, maxTokens: 200, seed: 0 }),
  )
  const text = [...prompt, ...tokens]
  const run = async (drafter: Drafter) =>
    finished(await replayed({ model, sampler: greedySampler, drafter }, request(prompt, 200, 0))).stats
  const right = await run(oracleDrafter(text))
  assert.ok(right.tokensPerForward > 8, `${right.tokensPerForward}`)
  const wrong = await run({
    ...oracleDrafter(text),
    open: (context) =>
      Effect.succeed({
        plan: ({ depth }) =>
          Effect.sync(() =>
            chain(Array.from({ length: depth }, (_, i) => (text[context.history.length + i]! + 1) % 6)),
          ),
        observe: () => Effect.void,
      }),
  })
  assert.ok(wrong.rows < 1.05 * wrong.tokens, `${wrong.rows} rows for ${wrong.tokens} tokens`)
})

test("the context is used to its last row and not beyond", async () => {
  const prompt = [1, 2, 3]
  const options = { vocabularySize: 6, order: 2, seed: 4 }
  const long = tableModel(options)
  const model = tableModel({ ...options, contextLength: 20 })
  const { tokens } = await Effect.runPromise(
    plainDecoding(long, greedySampler, { prompt, maxTokens: 60, seed: 0 }),
  )
  const drafter = oracleDrafter([...prompt, ...tokens])
  const events = await replayed(
    { model, sampler: greedySampler, drafter, adaptive: false },
    request(prompt, 60, 0),
  )
  assert.equal(finished(events).reason, "contextLength")
  assert.deepEqual(finished(events).tokens, tokens.slice(0, 18))
})

test("a stop string inside accepted drafts ends the text there", async () => {
  const model = scriptedModel({ prompt: "say: ", text: "one two three four" })
  const prompt = [...model.tokenizer!.encode("say: ")]
  const all = [...model.tokenizer!.encode("say: one two three four")]
  const events = await replayed(
    { model, sampler: greedySampler, drafter: oracleDrafter(all), adaptive: false },
    { ...request(prompt, 60, 0), stop: { strings: ["two"] } },
  )
  const { text, reason, stats } = finished(events)
  assert.equal(text, "one ")
  assert.equal(reason, "stopString")
  assert.equal(stats.tokens, 7)
  const counts = stats.byProposer["oracle"]!
  assert.equal(counts.proposed, counts.accepted + counts.rejected + counts.unreached)
})

const failing = (options: Partial<SpeculativeOptions>) =>
  Effect.runPromise(
    Effect.flip(
      collectText(
        speculative({
          model: tableModel({ vocabularySize: 6, order: 2, seed: 4 }),
          sampler: greedySampler,
          drafter: emptyDrafter,
          verifier: exactMatch,
          cache: naiveCache,
          adaptive: false,
          ...options,
        }).decode(request([1, 2], 8, 0)),
      ),
    ),
  )

test("a verifier that accepts what is no path is caught", async () => {
  const verifier: Verifier = {
    ...exactMatch,
    verify: ({ tree }) => ({ accepted: tree.tokens.length > 1 ? [1] : [], appended: [0], rejected: 0 }),
  }
  const drafter: Drafter = {
    name: "two",
    proposes: ["point"],
    open: () => Effect.succeed({ plan: () => Effect.succeed(chain([1, 2])), observe: () => Effect.void }),
  }
  assert.equal((await failing({ verifier, drafter })).code, "decode.invalid-verdict")
})

test("a verifier that decides nothing is caught", async () => {
  const verifier: Verifier = { ...exactMatch, verify: () => ({ accepted: [], appended: [], rejected: 0 }) }
  assert.equal((await failing({ verifier })).code, "decode.invalid-verdict")
})

test("what a drafter counts is in the round, and a plan is observed once", async () => {
  const model = tableModel({ vocabularySize: 6, order: 2, seed: 4 })
  let observed = 0
  const drafter: Drafter = {
    name: "counting",
    proposes: ["point"],
    open: () =>
      Effect.succeed({
        plan: () => Effect.succeed(emptyTree),
        observe: () => Effect.sync(() => void observed++),
        counters: () => ({ draftForwards: 3 }),
      }),
  }
  const events = await replayed({ model, sampler: greedySampler, drafter }, request([1, 2], 8, 0))
  // The first token follows from the prompt.
  assert.equal(observed, 7)
  assert.ok(
    rounds(events)
      .slice(1)
      .every((round) => round.counters?.["draftForwards"] === 3),
  )
})
