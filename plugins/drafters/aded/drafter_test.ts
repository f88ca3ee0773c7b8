import assert from "node:assert/strict"
import { test } from "node:test"
import { type Model, type ParadeError, tokenRows } from "@parade/core"
import { treeLevels } from "@parade/drafting"
import { greedySampler } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Scope } from "effect/Scope"
import * as fc from "fast-check"
import { assertLossless, decodedBy, watched } from "../_drafter-testing.ts"
import { makeBackbone, vocabulary } from "../_tiny-backbone.ts"
import { countedOf } from "./_testing.ts"
import { aded, AdedConfig } from "./mod.ts"

const tiny = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.map(makeBackbone(seed, 1, {}), ({ model }) => model)

const configOf = (config: object): AdedConfig => Schema.decodeUnknownSync(AdedConfig)(config)

const text = fc.array(fc.nat(vocabulary - 1), { maxLength: 60 })

test("whatever the table says the text is that of plain decoding, and a round commits at most five tokens", () =>
  assertLossless(
    tiny,
    fc.record({
      texts: fc.option(fc.array(text, { maxLength: 8 }), { nil: undefined }),
      search: fc.constantFrom("monte-carlo" as const, "likeliest" as const),
      memory: fc.constantFrom("process" as const, "text" as const),
    }),
    async (_, { texts, search, memory }) => ({
      drafter: aded(
        configOf({ search, memory, iterations: 40 }),
        texts === undefined ? undefined : { counted: countedOf(texts), vocabularyFingerprint: "tiny" },
      ),
      levels: 4,
    }),
    40,
  ))

const decoded = (drafter: ReturnType<typeof aded>, seed = 3): ReturnType<ReturnType<typeof decodedBy>> =>
  decodedBy(tiny)(seed, drafter, greedySampler, { maxTokens: 60, adaptive: false, maxDraft: 64 })

test("a table of what the model says drafts it, and one that learns on the way takes fewer forwards than one that does not", async () => {
  const plain = await decoded(aded(configOf({ bump: 0 })))
  assert.equal(plain.stats.proposed, 0)
  const counted = { counted: countedOf([[3, 1, 4, 1, 5, ...plain.tokens]]), vocabularyFingerprint: "tiny" }
  const known = await decoded(aded(configOf({ bump: 0 }), counted))
  assert.ok(known.stats.forwards < 0.5 * plain.stats.forwards, `${known.stats.forwards}`)
  // The tiny model soon goes round in a circle.
  const learnt = await decoded(aded(configOf({})))
  assert.ok(learnt.stats.forwards < 0.8 * plain.stats.forwards, `${learnt.stats.forwards}`)
  assert.deepEqual([learnt.tokens, known.tokens], [plain.tokens, plain.tokens])
})

test("what is learnt is forgotten with the text, or stays where that is asked for", async () => {
  const drafter = (memory: string): ReturnType<typeof aded> => aded(configOf({ memory }))
  const forgetful = drafter("text")
  const [one, again] = [await decoded(forgetful), await decoded(forgetful)]
  assert.equal(one.stats.forwards, again.stats.forwards)
  const keeping = drafter("process")
  const [first, second] = [await decoded(keeping), await decoded(keeping)]
  assert.equal(first.stats.forwards, one.stats.forwards)
  assert.ok(second.stats.forwards < first.stats.forwards)
})

test("drafts have at most as many tokens as are searched, and one round's bounds hold", async () => {
  const { drafter, plans } = watched(aded(configOf({ nodes: 7, length: 3 })))
  await decoded(drafter)
  assert.ok(plans.some(({ plan }) => plan.tokens.length > 0))
  for (const { plan } of plans) {
    assert.ok(plan.tokens.length <= 7)
    assert.ok(Math.max(0, ...treeLevels(plan)) <= 3)
  }
  // Levels that the round has room for and that the table knows are drafted.
  assert.ok(plans.some(({ plan }) => Math.max(0, ...treeLevels(plan)) === 3))
})

test("constants are those of the published code", () =>
  assert.deepEqual(configOf({}), {
    memory: "text",
    search: "monte-carlo",
    iterations: 150,
    length: 4,
    sequences: 24,
    nodes: 64,
    c1: 32,
    c2: 8,
    window: 16,
    bump: 0.04,
    cap: 3,
  }))

test("a prompt of one token, or one that ends in vectors, is no pair to search from", async () => {
  const model = await Effect.runPromise(Effect.scoped(tiny(1)))
  const plan = (tokens: readonly number[]): Promise<number> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const draft = yield* aded(configOf({})).open({
            target: model,
            cost: { plain: () => 1, drafted: () => 1 },
            history: { tokens: tokenRows(tokens, 0).tokens, promptLength: tokens.length },
            sampler: greedySampler,
            accepts: ["point"],
            seed: 0,
            prompt: { committed: {}, newest: {} },
          } as never)
          return (yield* draft.plan({ nodes: 9, depth: 4, rows: 9 })).tokens.length
        }),
      ),
    )
  assert.equal(await plan([4]), 0)
  assert.equal(await plan([4, -1]), 0)
  assert.equal(await plan([1, 2, 3, 1, -1, 2]), 0)
  assert.ok((await plan([1, 2, 3, 1, 2])) > 0)
})

test("a table of tokens that the model has not is told when it is asked first", async () => {
  const lying = { counted: countedOf([[1, 2, vocabulary]]), vocabularyFingerprint: "tiny" }
  const program = Effect.scoped(
    Effect.flatMap(tiny(1), (target) => aded(configOf({}), lying).open({ target } as never)),
  )
  const error = await Effect.runPromise(Effect.flip(program))
  assert.equal(error.code, "draft.vocabulary-mismatch")
})
