import assert from "node:assert/strict"
import { test } from "node:test"
import { collectText, type FinishedEvent, type Model, type OutputRows, type ParadeError } from "@parade/core"
import { type Draft, type DraftOutcome, type DraftPlan, type Drafter, type TargetUse } from "@parade/drafting"
import { exactMatch } from "@parade/exact-match"
import {
  assertReplays,
  greedySampler,
  naiveCache,
  plainDecoding,
  randomTreeDrafter,
  readRound,
  softmaxSampler,
} from "@parade/test"
import { assemble } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { tinyParts } from "../../_tiny-transformer.ts"
import { speculative } from "./mod.ts"

const width = 8
const cuts = [1, 2]

/** A Llama of three layers of random weights, cut between all of them. */
const model = (seed: number): Effect.Effect<Model, ParadeError, Scope> =>
  Effect.suspend(() =>
    assemble({
      ...tinyParts(seed, { layers: 3, vocabulary: 12, width, inner: 12, context: 64 }),
      takesVectors: true,
      cuts,
    }),
  )

const uses: TargetUse = {
  committed: ["hidden.1"],
  newest: ["hidden.2"],
  proposals: ["hidden.2", "logits"],
  auxiliary: ["logits"],
  vectors: true,
  enters: cuts,
}

/** What enters of a row's stream: any function of it and of the layer does. */
const changed = (row: Float32Array, layer: number): Float32Array => row.map((x, i) => 0.5 * x + layer - i / 4)

/** On every row of the tree: one that enters at layer 1, one on that at layer 2, one at layer 2; and a vector at the first. */
const shadows = ({ tokens }: DraftPlan): NonNullable<DraftPlan["auxiliary"]> => {
  const nodes = tokens.length
  const all = Array.from({ length: nodes + 1 }, (_, i) => i - 1)
  return {
    tokens: [4, -1, ...all.flatMap(() => [-1, -1, -1])],
    vectors: new Float32Array(width).fill(0.5),
    parents: [nodes - 1, nodes, ...all, ...all.flatMap((parent, i) => [nodes + 2 + i, parent])],
    layers: [0, 0, ...all.map(() => 1), ...all.flatMap(() => [2, 2])],
  }
}

interface Watched {
  readonly text: readonly number[]
  readonly outcome: DraftOutcome
}

const shadowDrafter = (rounds: Watched[], enter?: Draft["enter"]): Drafter => ({
  ...randomTreeDrafter({ seed: 6 }),
  name: "shadows",
  uses,
  open: (context) =>
    Effect.gen(function* () {
      const tree = yield* randomTreeDrafter({ seed: 6 }).open(context)
      let text: readonly number[] = []
      return {
        plan: (budget) =>
          Effect.map(tree.plan(budget), (plan) => {
            text = [...context.history.tokens]
            return { ...plan, auxiliary: shadows(plan) }
          }),
        enter:
          enter ??
          (({ layer, plan, from, to, states }) =>
            Effect.sync(() => {
              const vectors = new Float32Array((to - from) * width)
              for (let row = from; row < to; row++)
                vectors.set(
                  changed(states.row(1 + plan.auxiliary!.parents[row]!), layer),
                  (row - from) * width,
                )
              return vectors
            })),
        observe: (outcome) =>
          Effect.sync(() => {
            if (outcome.readings.newest["hidden.2"] !== undefined) rounds.push({ text, outcome })
          }),
      }
    }),
})

const prompt = [3, 1, 4, 1, 5]

const decoded = (drafter: Drafter, sampler = greedySampler): Promise<FinishedEvent> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const target = yield* model(2)
        const twin = yield* model(2)
        const cache: typeof naiveCache = {
          make: (store) =>
            Effect.map(naiveCache.make(store), (made) => {
              const commit: typeof made.commit = (rows) =>
                Effect.tap(made.commit(rows), () =>
                  Effect.orDie(assertReplays(twin, made, { tolerance: 1e-5 })),
                )
              return new Proxy(made, {
                get: (object, key) => (key === "commit" ? commit : Reflect.get(object, key, object)),
              })
            }),
        }
        const parts = {
          model: target,
          drafter,
          verifier: exactMatch,
          sampler,
          cache,
          adaptive: false,
          maxDraft: 5,
        }
        return yield* collectText(
          speculative(parts).decode({
            prompt: [{ tokens: prompt }],
            target: { kind: "continuation", maxTokens: 14 },
            seed: 3,
          }),
        )
      }),
    ),
  )

for (const sampler of [greedySampler, softmaxSampler(0.8)])
  test(`rows that enter behind the first layer change no token of the text and stay in no cache (${sampler.greedy ? "greedy" : "drawn"})`, async () => {
    const plain = await Effect.runPromise(
      Effect.scoped(
        Effect.flatMap(model(2), (target) =>
          plainDecoding(target, sampler, { prompt, maxTokens: 14, seed: 3 }),
        ),
      ),
    )
    assert.deepEqual((await decoded(shadowDrafter([]), sampler)).tokens, plain.tokens)
  })

test("what is read of a round is what each row says alone, whichever layer it entered at", async () => {
  const rounds: Watched[] = []
  await decoded(shadowDrafter(rounds))
  assert.ok(rounds.length > 3)
  const same = (a: OutputRows, b: OutputRows, what: string): void => {
    assert.equal(a.count, b.count, what)
    for (let i = 0; i < a.count; i++)
      for (const [j, x] of a.row(i).entries())
        assert.ok(Math.abs(x - b.row(i)[j]!) <= 1e-4 * Math.max(1, Math.abs(x)), `${what}, row ${i}: ${x}`)
  }
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const target = yield* model(2)
        const draft = yield* shadowDrafter([]).open({ history: { tokens: [] } } as never)
        for (const { text, outcome } of rounds.slice(0, -1)) {
          const { tree, verdict, readings } = outcome
          const expected = yield* readRound(target, uses, text, tree, verdict, draft.enter)
          for (const group of ["committed", "newest", "proposals", "auxiliary"] as const)
            for (const [name, rows] of Object.entries(expected[group]))
              if (rows.count > 0) same(readings[group][name]!, rows, `${group} ${name}`)
        }
      }),
    ),
  )
})

const failure = async (enter: Draft["enter"]): Promise<string> => {
  const error = await decoded(shadowDrafter([], enter)).then(
    () => assert.fail("it decoded"),
    (cause: unknown) => cause as { readonly code?: string },
  )
  return error.code ?? String(error)
}

test("a draft that makes too few floats, or what is no number, is a failure and spoils no text", async () => {
  assert.equal(await failure(() => Effect.succeed(new Float32Array(width))), "draft.bad-entry")
  assert.equal(
    await failure(({ from, to }) => Effect.succeed(new Float32Array((to - from) * width).fill(NaN))),
    "draft.bad-entry",
  )
})
