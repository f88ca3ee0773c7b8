import assert from "node:assert/strict"
import { test } from "node:test"
import {
  type CacheFactory,
  collectText,
  type FinishedEvent,
  firstRows,
  largest,
  type Model,
  type Sampler,
  tokenRows,
} from "@parade/core"
import { type DraftOutcome, type DraftPlan, type Drafter, treeLevels } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import { referenceDevice } from "@parade/graph"
import { speculative } from "@parade/speculative"
import { assertReplays, greedySampler, plainDecoding, softmaxSampler } from "@parade/test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { caches, layer, randomMaps, tinyLlama, width } from "./_testing.ts"
import { hiddenTransfer } from "./mod.ts"

const prompt = [3, 1, 4, 1, 5]

const decoded = (
  seed: number,
  drafter: Drafter,
  sampler: Sampler,
  options: { readonly maxTokens: number; readonly adaptive?: boolean; readonly maxDraft?: number },
  cacheFor: (twin: Model) => CacheFactory = () => caches,
): Promise<FinishedEvent> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(seed)
        const cache = cacheFor(yield* tinyLlama(seed))
        const { maxTokens, adaptive = true, maxDraft = 24 } = options
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

const drafterOf = (seed: number, k: number, deviation: number, rows = 40): Promise<Drafter> =>
  Effect.runPromise(Effect.scoped(hiddenTransfer(randomMaps(seed, k, deviation), referenceDevice, rows)))

test("whatever the maps are, the text is that of plain decoding, token for token", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(1000),
        k: fc.integer({ min: 1, max: 4 }),
        deviation: fc.constantFrom(0, 0.3, 30),
        sampler: fc.constantFrom(greedySampler, softmaxSampler(0.8)),
        maxTokens: fc.integer({ min: 1, max: 16 }),
        maxDraft: fc.integer({ min: 1, max: 24 }),
        adaptive: fc.boolean(),
      }),
      async ({ seed, k, deviation, sampler, maxTokens, maxDraft, adaptive }) => {
        const plain = await Effect.runPromise(
          Effect.scoped(
            Effect.flatMap(tinyLlama(seed), (model) =>
              plainDecoding(model, sampler, { prompt, maxTokens, seed }),
            ),
          ),
        )
        const drafter = await drafterOf(seed, k, deviation)
        const { tokens, stats } = await decoded(seed, drafter, sampler, { maxTokens, maxDraft, adaptive })
        assert.deepEqual(tokens, plain.tokens)
        // Each round commits at least one token and at most one more than there are levels.
        assert.ok(stats.rounds <= tokens.length)
        assert.ok(stats.rounds * (k + 1) >= tokens.length)
        assert.ok(stats.forwards <= tokens.length + 1)
      },
    ),
    { numRuns: 25 },
  )
})

/** A plan, and what was observed right before it. */
interface Watched {
  readonly plan: DraftPlan
  readonly before: DraftOutcome | undefined
}

const watched = (drafter: Drafter): { readonly drafter: Drafter; readonly plans: Watched[] } => {
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

test("a round proposes what the pseudo states of the last accepted row guessed, step by step", async () => {
  let proposals = 0
  for (const seed of [1, 2, 3, 4]) {
    const { drafter, plans } = watched(await drafterOf(seed, 3, 1, 24))
    await decoded(seed, drafter, greedySampler, { maxTokens: 30, adaptive: false })
    for (const { plan, before } of plans) {
      if (before === undefined) {
        // Nothing has been asked yet.
        assert.equal(plan.tokens.length, 0)
        continue
      }
      const { tree, verdict, readings } = before
      const logits = readings.auxiliary["logits"]!
      const guesses: number[][] = []
      for (let row = 0, parent = verdict.accepted.at(-1) ?? -1; row < logits.count; row++)
        if (tree.auxiliary!.parents[row] === parent) {
          guesses.push([...largest(logits.row(row), 6)])
          parent = tree.tokens.length + row
        }
      if (guesses.length === 0) continue
      for (const [node, level] of treeLevels(plan).entries()) {
        assert.ok(level <= guesses.length, `level ${level} of ${guesses.length} pseudo states`)
        assert.ok(guesses[level - 1]!.includes(plan.tokens[node]!), `level ${level} proposes no guess`)
        proposals++
      }
    }
  }
  assert.ok(proposals > 100, `${proposals} proposals`)
})

/** The logits of three nodes after the prompt, and of pseudo states on the newest token, alone or beside one another. */
const splitForward = (model: Model, vectors: readonly Float32Array[], parents: readonly number[]) =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      yield* model.forward(tokenRows(prompt, 0), { cache, outputs: [], phase: "prefill" })
      yield* cache.commit(firstRows(prompt.length))
      const tree = [-1, 0, 0]
      const positions = [5, 6, 6]
      const nodes = { tokens: Int32Array.of(9, 2, 6), positions: Int32Array.from(positions) }
      const name = `hidden.${layer}`
      const below = yield* model.forward(nodes, {
        cache,
        layers: [0, layer],
        visibility: { rule: "tree", parents: tree },
        outputs: [{ name, rows: [0, 1, 2] }],
        phase: "step",
      })
      const states = new Float32Array((3 + vectors.length) * width)
      states.set(below[name]!.data.subarray(0, 3 * width))
      for (const [i, vector] of vectors.entries()) states.set(vector, (3 + i) * width)
      const all = [...tree, ...parents]
      const places = [...positions]
      for (const parent of parents) places.push(places[parent]! + 1)
      const above = yield* model.forward(
        { tokens: new Int32Array(all.length).fill(-1), positions: Int32Array.from(places), vectors: states },
        {
          cache,
          layers: [layer, model.info.layers],
          visibility: { rule: "tree", parents: all },
          outputs: [{ name: "logits", rows: all.map((_, row) => row) }],
          phase: "step",
        },
      )
      const rows = all.map((_, row) => above["logits"]!.row(row).slice())
      const kept = yield* cache.commit([0, 2])
      return { rows, kept }
    }),
  )

const apart = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i]!)), 0)

test("rows of the text do not depend on the pseudo states beside them, nor on there being any", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(9)
        const alone = yield* splitForward(model, [], [])
        for (const deviation of [0.1, 1, 100]) {
          const some = randomMaps(3, 4, deviation).weights.map((map) => map.slice(0, width))
          const beside = yield* splitForward(model, some, [0, 3, 2, 5])
          for (const row of [0, 1, 2]) assert.ok(apart(beside.rows[row]!, alone.rows[row]!) <= 1e-5)
        }
      }),
    ),
  )
})

test("a pseudo state depends on those before it of its own row, and on no other", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(9)
        const some = randomMaps(3, 4, 1).weights.map((map) => map.slice(0, width))
        const other = randomMaps(4, 1, 1).weights[0]!.slice(0, width)
        // Two on the newest token, two on a node.
        const parents = [0, 3, 2, 5]
        const { rows } = yield* splitForward(model, some, parents)
        for (const changed of [0, 1, 2, 3]) {
          const vectors = some.map((vector, i) => (i === changed ? other : vector))
          const found = yield* splitForward(model, vectors, parents)
          const depends = [0, 1, 2, 3].map((i) => apart(found.rows[3 + i]!, rows[3 + i]!) > 1e-6)
          const expected = [0, 1, 2, 3].map((i) => i === changed || (changed % 2 === 0 && i === changed + 1))
          assert.deepEqual(depends, expected, `after a change of pseudo state ${changed}`)
        }
      }),
    ),
  )
})

/** Caches that replay their inputs after every commit, through a copy of the model. */
const replaying =
  (count: () => void) =>
  (twin: Model): CacheFactory => ({
    make: (store) =>
      Effect.map(caches.make(store), (cache) => {
        const commit: typeof cache.commit = (rows) =>
          Effect.tap(cache.commit(rows), () => {
            count()
            return Effect.orDie(assertReplays(twin, cache, { tolerance: 1e-4 }))
          })
        return new Proxy(cache, {
          get: (object, key) => (key === "commit" ? commit : Reflect.get(object, key, object)),
          set: (object, key, value) => Reflect.set(object, key, value, object),
        })
      }),
  })

test("what is committed is what a fresh forward of the text would have left, and no pseudo state is", async () => {
  let commits = 0
  const drafter = await drafterOf(3, 3, 1, 24)
  const cacheFor = replaying(() => commits++)
  const { stats } = await decoded(3, drafter, greedySampler, { maxTokens: 20, adaptive: false }, cacheFor)
  assert.ok(commits >= stats.rounds)
})

test("maps that are the identity draft, and what they send in are the states of their rows", async () => {
  const { drafter, plans } = watched(await drafterOf(0, 2, 0, 24))
  const { tokens } = await decoded(6, drafter, greedySampler, { maxTokens: 20 })
  assert.equal(tokens.length, 20)
  assert.ok(plans.some(({ plan }) => plan.tokens.length > 0))
  const draft = await Effect.runPromise(
    Effect.scoped(
      drafter.open({
        target: { info: { layers: 3, weightBytes: 0 }, cost: Effect.succeed(undefined) },
        cost: { milliseconds: () => 1 },
        history: { length: 5, tokens: [] },
      } as never),
    ),
  )
  const data = Float32Array.from({ length: 3 * width }, (_, i) => i)
  const row = (i: number): Float32Array => data.subarray(i * width, (i + 1) * width)
  const auxiliary = { tokens: [-1, -1, -1], parents: [1, -1, 2], layers: [1, 1, 1] }
  const plan = { tokens: [4, 5], parents: [-1, -1], auxiliary }
  const states = { count: 3, width, data, row }
  const made = await Effect.runPromise(draft.enter!({ layer, plan, from: 0, to: 3, states }))
  assert.deepEqual([...made], [...row(2), ...row(0), ...row(2)])
})
