import assert from "node:assert/strict"
import { test } from "node:test"
import {
  argmax,
  type Cache,
  type CacheFactory,
  collectText,
  firstRows,
  largest,
  makeHistory,
  type Model,
  tokenRows,
} from "@parade/core"
import { type Drafter, type DraftPlan, noReadings, pathTo, treeLevels, roundCost } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import type { ModelText } from "@parade/recipes"
import { speculative } from "@parade/speculative"
import { greedySampler } from "@parade/test"
import { compileForward } from "@parade/training"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { assertLossless, decodedBy, prompt, replaying } from "../_drafter-testing.ts"
import { block, caches, parts, randomDrafter, tinyLlama, vocabulary, width } from "./_testing.ts"
import { blockArchitecture, blockTensors } from "./block.ts"
import { drafterFeeds, drafterGuesses, type Trainee } from "./drafter-loss.ts"
import { chimera } from "./mod.ts"
import { openNetwork } from "./network.ts"
import type { ChimeraWeights } from "./weights.ts"

const settings = { nodes: 24, least: 0, trigrams: 50 }

const drafterOf = (weights: ChimeraWeights, cache: CacheFactory = caches): Promise<Drafter> =>
  Effect.runPromise(Effect.scoped(chimera(weights, { ...parts, cache }, settings)))

const decoded = decodedBy(tinyLlama)

test("whatever the weights are, the text is that of plain decoding, token for token", () =>
  assertLossless(
    tinyLlama,
    fc.record({
      levels: fc.integer({ min: 1, max: 4 }),
      deviation: fc.constantFrom(0, 0.3, 10),
      draftVocabulary: fc.constantFrom(0, 1, 12),
    }),
    async (seed, { levels, deviation, draftVocabulary }) => ({
      drafter: await drafterOf(randomDrafter(seed, levels, deviation, { draftVocabulary })),
      levels,
    }),
    20,
  ))

test("a round runs the block no more often than there are levels", async () => {
  const levels = 3
  const runs: number[] = []
  const drafter = await drafterOf(randomDrafter(4, levels, 0.3))
  const open: Drafter["open"] = (context) =>
    Effect.map(drafter.open(context), (draft) => ({
      ...draft,
      counters: () => {
        const counted = draft.counters!()
        runs.push(counted["draftForwards"]!)
        return counted
      },
    }))
  await decoded(4, { ...drafter, open }, greedySampler, { maxTokens: 24, adaptive: false })
  assert.ok(runs.every((count) => count <= levels) && runs.some((count) => count === levels), runs.join())
})

test("a drafter with a vocabulary of its own proposes the likeliest nodes, none under one that is too unlikely", async () => {
  const plans: DraftPlan[] = []
  for (const least of [0, 0.3]) {
    const weights = randomDrafter(6, 3, 0.3, { draftVocabulary: 12 })
    const drafter = await Effect.runPromise(
      Effect.scoped(chimera(weights, parts, { ...settings, nodes: 6, least })),
    )
    const open: Drafter["open"] = (context) =>
      Effect.map(drafter.open(context), (draft) => ({
        ...draft,
        plan: (budget) => Effect.tap(draft.plan(budget), (plan) => Effect.sync(() => plans.push(plan))),
      }))
    await decoded(6, { ...drafter, open }, greedySampler, { maxTokens: 24, adaptive: false })
    const drafted = plans.splice(0).filter(({ tokens }) => tokens.length > 0)
    assert.ok(drafted.length > 3)
    for (const plan of drafted) {
      const values: number[] = []
      for (const [node, chance] of Array.from(plan.confidence!).entries()) {
        const parent = plan.parents[node]!
        values.push(parent < 0 ? chance : values[parent]! * chance)
        assert.ok(parent < 0 || values[parent]! >= least)
        assert.ok(plan.tokens[node]! >= vocabulary - 12)
      }
      assert.ok(values.every((value, node) => node === 0 || value <= values[node - 1]! + 1e-6))
      assert.ok(plan.tokens.length <= 6)
    }
  }
})

test("what the block keeps are the keys and values of true states, as if computed anew, and no estimate's", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const weights = randomDrafter(3, 3, 0.3)
        const { block: twin } = yield* openNetwork(weights, parts.attention, parts.device)
        const made: Cache[] = []
        const drafter = yield* chimera(
          weights,
          { ...parts, cache: replaying((cache) => made.push(cache))(twin) },
          settings,
        )
        const model = yield* tinyLlama(3)
        const own = { model, drafter, verifier: exactMatch, sampler: greedySampler, cache: caches }
        const { tokens } = yield* collectText(
          speculative({ ...own, adaptive: false, maxDraft: 24 }).decode({
            prompt: [{ tokens: prompt }],
            target: { kind: "continuation", maxTokens: 20 },
            seed: 3,
          }),
        )
        const text = [...prompt, ...tokens]
        const fresh = yield* caches.make(yield* model.makeStore)
        const outputs = [{ name: "hidden.final", rows: firstRows(text.length) }]
        const states = (yield* model.forward(tokenRows(text, 0), {
          cache: fresh,
          outputs,
          phase: "prefill",
        }))["hidden.final"]!
        const { vectors, positions } = made[0]!.inputs
        assert.ok(made[0]!.length > prompt.length)
        for (let row = 0; row < made[0]!.length; row++) {
          assert.equal(positions[row], row)
          for (let i = 0; i < width; i++)
            assert.ok(Math.abs(vectors![row * width + i]! - states.row(row)[i]!) <= 1e-4, `row ${row}`)
        }
      }),
    ),
  )
})

/** A text with the states of a model that is fed it. */
const textOf = (model: Model, tokens: readonly number[], from: number) =>
  Effect.gen(function* () {
    const cache = yield* caches.make(yield* model.makeStore)
    const fed = tokens.slice(0, -1)
    const outputs = [{ name: "hidden.final", rows: firstRows(fed.length) }]
    const result = yield* model.forward(tokenRows(fed, 0), { cache, outputs, phase: "prefill" })
    const states = result["hidden.final"]!.data.slice(0, fed.length * width)
    return { tokens: Int32Array.from(tokens), from, states: () => states } satisfies ModelText
  })

const layout = { batch: 1, length: 12, levels: 3 }

const traineeOf = (model: Model, weights: ChimeraWeights) =>
  Effect.gen(function* () {
    const head = yield* model.head!(
      Float32Array.from({ length: width * width }, (_, i) => +(i % (width + 1) === 0)),
    )
    const values = new Float32Array(vocabulary * width)
    for (let column = 0; column < width; column++)
      for (let token = 0; token < vocabulary; token++)
        values[token * width + column] = head.row(column)[token]!
    const trainee: Trainee = {
      block,
      attention: parts.attention,
      tensors: blockTensors(blockArchitecture(block), parts.attention, weights.weights),
      weights: weights.weights,
      without: weights.without,
      embedding: yield* model.embed(firstRows(vocabulary)),
      scale: weights.embeddingScale,
      lmHead: { kind: "dense", rows: vocabulary, columns: width, identity: "lm_head", values: () => values },
    }
    return trainee
  })

/** The parallel form of training, over texts. */
const parallelForm = (trainee: Trainee) =>
  Effect.map(
    compileForward(parts.device, drafterGuesses(trainee, layout, { kind: "exact" }), () => false),
    (forward) => (text: ModelText) =>
      forward.run({ states: new Map() }, drafterFeeds(trainee, layout, [text])),
  )

const floatsOf = (outputs: Readonly<Record<string, unknown>>, name: string): Float32Array =>
  (outputs[name] as { readonly data: Float32Array }).data

test("what is drafted is what the parallel form of training guesses, at every position and level", async () => {
  const compared = [0, 0, 0]
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        for (const [without, shape] of [
          ["nothing", {}],
          ["nothing", { trigramWidth: 5 }],
          ["states", {}],
          ["trigrams", {}],
        ] as const) {
          const weights = { ...randomDrafter(7, 3, 0.4, shape), without }
          const model = yield* tinyLlama(7)
          const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
          const guesses = yield* parallelForm(yield* traineeOf(model, weights))
          const drafter = yield* chimera(weights, parts, settings)
          for (const end of [1, 2, 4, 7]) {
            const given = tokens.slice(0, end + 1)
            const states = (yield* textOf(model, given, 1)).states()
            const committed = {
              "hidden.final": {
                count: end,
                width,
                data: states,
                row: (i: number) => states.subarray(i * width, (i + 1) * width),
              },
            }
            const history = makeHistory(given.slice(0, end))
            const draft = yield* drafter.open({
              target: model,
              cost: roundCost({ milliseconds: (rows) => 1 + 1e-4 * rows, source: "made up" }),
              history,
              sampler: greedySampler,
              accepts: ["point"],
              seed: 0,
              prompt: { ...noReadings, committed },
            })
            history.append(given[end]!)
            const plan: DraftPlan = yield* draft.plan({ nodes: 24, depth: 3, rows: 50 })
            const levels = treeLevels(plan)
            for (const [node, level] of levels.entries()) {
              // The parallel form has the text's own tokens between: those that were drafted above.
              const path = pathTo(plan, node)
              const text = yield* textOf(model, [...given, ...path, 0], 1)
              const logits = floatsOf(yield* guesses(text), `guess.${level}`)
              const siblings = Array.from(plan.parents).slice(0, node)
              const rank = siblings.filter((parent) => parent === plan.parents[node]).length
              const row = logits.subarray((end - 1) * vocabulary, end * vocabulary)
              assert.equal(path.at(-1), largest(row, rank + 1)[rank], `${without}, ${end}, node ${node}`)
              compared[level - 1]!++
            }
          }
        }
      }),
    ),
  )
  assert.ok(
    compared.every((count) => count >= 20),
    compared.join(),
  )
})

test("an estimate does not depend on tokens that are not drafted yet", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = yield* tinyLlama(5)
        const guesses = yield* parallelForm(yield* traineeOf(model, randomDrafter(5, 3, 0.4)))
        const tokens = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]
        const before = yield* guesses(yield* textOf(model, tokens, 1))
        const estimates = [1, 2, 3].map((level) => floatsOf(before, `estimate.${level}`).slice())
        for (const changed of [4, 7, 10]) {
          const other = tokens.with(changed, 20)
          const after = yield* guesses(yield* textOf(model, other, 1))
          for (const [i, estimate] of estimates.entries())
            // Level m at position p has seen tokens up to p + m.
            for (let p = 0; p + i + 1 < tokens.length - 1; p++) {
              const [from, to] = [p * width, (p + 1) * width]
              const now = floatsOf(after, `estimate.${i + 1}`).subarray(from, to)
              const same = estimate.subarray(from, to).every((value, j) => Math.abs(value - now[j]!) <= 1e-6)
              if (p + i + 1 < changed) assert.ok(same, `level ${i + 1}, position ${p}`)
              if (p + i + 1 === changed) assert.ok(!same, `level ${i + 1}, position ${p} is not told`)
            }
        }
      }),
    ),
  )
})

test("heads that start as a sum rank as the LM head does where the estimate is the state", async () => {
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const weights = randomDrafter(2, 1, 0.4)
        const sum = new Float32Array(2 * width * width)
        for (let i = 0; i < width; i++) sum[i * 2 * width + i] = sum[i * 2 * width + width + i] = 1
        const changed = new Map([...weights.weights, ["heads.1.weight", sum]])
        const { heads } = yield* openNetwork({ ...weights, weights: changed }, parts.attention, parts.device)
        const model = yield* tinyLlama(2)
        const state = Float32Array.from({ length: width }, (_, i) => Math.sin(3 * i))
        const own = (yield* model.head!(state)).row(0).slice()
        const drafted = (yield* model.head!(yield* heads[0]!(Float32Array.of(...state, ...state)))).row(0)
        assert.equal(argmax(drafted), argmax(own))
        for (const [token, value] of drafted.entries()) assert.ok(Math.abs(value - 2 * own[token]!) <= 1e-4)
      }),
    ),
  )
})
