import assert from "node:assert/strict"
import {
  type Cache,
  type CacheFactory,
  collectText,
  type FinishedEvent,
  type Model,
  type ParadeError,
  type Sampler,
} from "@parade/core"
import type { Drafter, DraftOutcome, DraftPlan } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { speculative } from "@parade/speculative"
import { assertReplays, greedySampler, plainDecoding, softmaxSampler } from "@parade/test"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import fc from "fast-check"
import { caches } from "./_tiny-backbone.ts"

export const prompt: readonly number[] = [3, 1, 4, 1, 5]

/** A tiny model of random weights by seed. */
export type TinyModel = (seed: number) => Effect.Effect<Model, ParadeError, Scope>

export interface DecodeOptions {
  readonly maxTokens: number
  readonly adaptive?: boolean
  readonly maxDraft?: number
}

/** What speculative decoding of the prompt ends with; `cacheFor` is given a second model alike. */
export const decodedBy =
  (tiny: TinyModel) =>
  (
    seed: number,
    drafter: Drafter,
    sampler: Sampler,
    { maxTokens, adaptive = true, maxDraft = 24 }: DecodeOptions,
    cacheFor: (twin: Model) => CacheFactory = () => caches,
  ): Promise<FinishedEvent> =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const model = yield* tiny(seed)
          const cache = cacheFor(yield* tiny(seed))
          const parts = { model, drafter, verifier: exactMatch, sampler, cache, adaptive, maxDraft }
          return yield* collectText(
            speculative(parts).decode({
              prompt: [{ tokens: prompt }],
              target: { kind: "continuation", maxTokens },
              seed,
            }),
          )
        }),
      ),
    )

/** A drafter of random parts, and the levels that it drafts at most. */
export interface Drawn {
  readonly drafter: Drafter
  readonly levels: number
}

/**
 * Whatever a drafter's parts are, the text is that of plain decoding token for token, greedy or sampled; each round
 * commits at least one token, and at most one more than there are levels.
 */
export const assertLossless = <A>(
  tiny: TinyModel,
  parts: fc.Arbitrary<A>,
  draw: (seed: number, parts: A) => Promise<Drawn>,
  numRuns: number,
): Promise<void> =>
  fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(1000),
        own: parts,
        sampler: fc.constantFrom(greedySampler, softmaxSampler(0.8)),
        maxTokens: fc.integer({ min: 1, max: 16 }),
        maxDraft: fc.integer({ min: 1, max: 24 }),
        adaptive: fc.boolean(),
      }),
      async ({ seed, own, sampler, maxTokens, maxDraft, adaptive }) => {
        const plain = await Effect.runPromise(
          Effect.scoped(
            Effect.flatMap(tiny(seed), (model) => plainDecoding(model, sampler, { prompt, maxTokens, seed })),
          ),
        )
        const { drafter, levels } = await draw(seed, own)
        const options = { maxTokens, maxDraft, adaptive }
        const { tokens, stats } = await decodedBy(tiny)(seed, drafter, sampler, options)
        assert.deepEqual(tokens, plain.tokens)
        assert.ok(stats.rounds <= tokens.length)
        assert.ok(stats.rounds * (levels + 1) >= tokens.length)
        assert.ok(stats.forwards <= tokens.length + 1)
      },
    ),
    { numRuns },
  )

/** A plan, and what was observed right before it. */
export interface Watched {
  readonly plan: DraftPlan
  readonly before: DraftOutcome | undefined
}

/** The drafter, and what it has planned so far. */
export const watched = (drafter: Drafter): { readonly drafter: Drafter; readonly plans: Watched[] } => {
  const plans: Watched[] = []
  let before: DraftOutcome | undefined
  const open: Drafter["open"] = (context) =>
    Effect.map(drafter.open(context), (draft) => ({
      ...draft,
      plan: (budget) =>
        Effect.tap(draft.plan(budget), (plan) => Effect.sync(() => plans.push({ plan, before }))),
      observe: (outcome) => {
        before = outcome
        return draft.observe(outcome)
      },
    }))
  return { drafter: { ...drafter, open }, plans }
}

/** Caches compared after every commit with what a fresh forward of the text leaves; `seen` is given each. */
export const replaying =
  (seen: (cache: Cache) => void) =>
  (twin: Model): CacheFactory => ({
    make: (store) =>
      Effect.map(caches.make(store), (cache) => {
        const commit: typeof cache.commit = (rows) =>
          Effect.tap(cache.commit(rows), () => {
            seen(cache)
            return Effect.orDie(assertReplays(twin, cache, { tolerance: 1e-4 }))
          })
        return new Proxy(cache, {
          get: (object, key) => (key === "commit" ? commit : Reflect.get(object, key, object)),
          set: (object, key, value) => Reflect.set(object, key, value, object),
        })
      }),
  })
