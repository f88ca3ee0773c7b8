import assert from "node:assert/strict"
import { type DecodeFailure, type History, makeHistory, type Model, type ParadeError } from "@parade/core"
import {
  auxiliaryCount,
  type DraftBudget,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  isPointTree,
  noReadings,
  roundCost,
  withinBudget,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { tableModel } from "../models/table-model.ts"
import { cheapRows } from "../reference/cheap-rows.ts"
import { draftingLoop, type LoopOptions } from "../reference/drafting-loop.ts"
import { readPrompt, readRound } from "../reference/readings.ts"
import { greedySampler, softmaxSampler } from "../reference/samplers.ts"
import { assertSound, trialsOf } from "./_draft-trees.ts"
import { chiSquareHolds } from "./_chi-square.ts"
import { promises, type TestFunction } from "./test-function.ts"

/** What the suite is told of a drafter beside `proposes`. */
export interface DrafterSuiteOptions {
  /** The model it drafts for, where it needs a certain one; a table model of a text that repeats by default. */
  readonly target?: Model
  /** It never proposes anything for a text that repeats. */
  readonly silent?: boolean
}

const repeating = tableModel({ vocabularySize: 7, order: 1, seed: 4, spread: 3 })

interface Subject {
  readonly drafter: Drafter
  readonly target: Model
}

const budgets: readonly DraftBudget[] = [
  { nodes: 0, depth: 0, rows: 64 },
  { nodes: 0, depth: 5, rows: 64 },
  { nodes: 5, depth: 0, rows: 64 },
  { nodes: 1, depth: 1, rows: 64 },
  { nodes: 3, depth: 8, rows: 64 },
  { nodes: 8, depth: 2, rows: 64 },
  { nodes: 16, depth: 16, rows: 64 },
]

/** Room for auxiliary rows, too. */
const usual: DraftBudget = { nodes: 8, depth: 6, rows: 64 }

const loop = ({ drafter, target }: Subject, options: Partial<LoopOptions> = {}) =>
  draftingLoop({
    model: target,
    sampler: greedySampler,
    drafter,
    prompt: [1, 2, 1, 2, 3, 1],
    seed: 1,
    rounds: 12,
    budget: usual,
    ...options,
  })

const samplers = [greedySampler, softmaxSampler(0.8)]

const contextFor = (
  { drafter, target }: Subject,
  history: History,
  seed: number,
): Effect.Effect<DraftContext, DecodeFailure> =>
  Effect.map(readPrompt(target, drafter.uses, history.tokens), (prompt) => ({
    target,
    cost: roundCost(cheapRows),
    history,
    sampler: greedySampler,
    accepts: ["iid", "withoutReplacement", "point"],
    seed,
    prompt,
  }))

/** Another cut of a plan than its drafter hoped for: the first half, or nothing where children were drawn. */
const half = (plan: DraftPlan): DraftPlan =>
  isPointTree(plan)
    ? withinBudget(plan, {
        nodes: plan.tokens.length >> 1,
        depth: plan.tokens.length,
        rows: (plan.tokens.length + auxiliaryCount(plan)) >> 1,
      })
    : emptyTree

/**
 * What every drafter promises: sound plans within any budget, by the laws it declares and with the draws those laws
 * say, the same for the same seed, whatever becomes of its plans, and without a forward of the target.
 */
export const drafterSuite = (
  test: TestFunction,
  factory: (target: Model) => Effect.Effect<Drafter, ParadeError, Scope>,
  options: DrafterSuiteOptions = {},
): void => {
  const target = options.target ?? repeating
  const { info } = target
  const subject = Effect.map(factory(target), (drafter): Subject => ({ drafter, target }))
  const promise = promises(test, "drafter", subject)

  promise("has a name and a law", ({ drafter }) =>
    Effect.sync(() => {
      assert.ok(drafter.name.length > 0 && drafter.proposes.length > 0, "its name or law is missing")
    }),
  )

  promise("plans sound trees within every budget, by the laws it declares", (subject) =>
    Effect.gen(function* () {
      for (const sampler of samplers)
        for (const budget of budgets)
          for (const { planned } of yield* loop(subject, { sampler, budget }))
            assertSound(planned, { budget, info, drafter: subject.drafter })
    }),
  )

  promise("proposes something for a text that repeats", (subject, skip) =>
    Effect.gen(function* () {
      if (options.silent === true) return skip("It declares that it never does.")
      const rounds = yield* loop(subject, { rounds: 30 })
      assert.ok(
        rounds.some(({ planned }) => planned.tokens.length > 0),
        `nothing in ${rounds.length} rounds`,
      )
    }),
  )

  promise("plans the same for the same seed", (subject) =>
    Effect.gen(function* () {
      for (const sampler of samplers) {
        const first = yield* loop(subject, { sampler, seed: 5 })
        const again = yield* loop(subject, { sampler, seed: 5 })
        assert.deepEqual(again.map(shapeOf), first.map(shapeOf))
      }
    }),
  )

  promise("two texts at once do not disturb each other", (subject) =>
    Effect.gen(function* () {
      const other = { prompt: [3, 3, 2, 3, 3], seed: 8 }
      const alone = [yield* loop(subject), yield* loop(subject, other)]
      const [one, two] = yield* Effect.all([loop(subject), loop(subject, other)], { concurrency: 2 })
      assert.deepEqual(
        [one.map(shapeOf), two.map(shapeOf)],
        alone.map((rounds) => rounds.map(shapeOf)),
      )
    }),
  )

  promise("goes on after any outcome, also when only part of its plan was verified", (subject) =>
    Effect.gen(function* () {
      for (const sampler of samplers)
        for (const verified of [half, () => emptyTree])
          for (const { planned } of yield* loop(subject, { sampler, verified, rounds: 20 }))
            assertSound(planned, { budget: usual, info, drafter: subject.drafter })
    }),
  )

  promise("goes on after rounds that it was not asked in", (subject) =>
    Effect.gen(function* () {
      for (const sampler of samplers)
        for (const rests of [
          (round: number) => round % 3 === 2,
          (round: number) => round < 5 || round % 4 > 1,
        ])
          for (const { planned } of yield* loop(subject, { sampler, rests, rounds: 24 }))
            assertSound(planned, { budget: usual, info, drafter: subject.drafter })
    }),
  )

  promise("starts from a prompt of one token", (subject) =>
    Effect.gen(function* () {
      for (const { planned } of yield* loop(subject, { prompt: [2] }))
        assertSound(planned, { budget: usual, info, drafter: subject.drafter })
    }),
  )

  promise("never calls a forward of the target", (subject) =>
    Effect.gen(function* () {
      const watched: Model = {
        ...target,
        forward: () => Effect.die(new assert.AssertionError({ message: "the drafter ran the target" })),
      }
      const history = makeHistory([1, 2, 1, 2, 1])
      const context = yield* contextFor(subject, history, 1)
      const draft = yield* subject.drafter.open({ ...context, target: watched })
      const verdict = { accepted: [], appended: [3], rejected: 0 }
      history.append(3)
      yield* draft.observe({ tree: emptyTree, verdict, readings: noReadings })
      const tree = yield* draft.plan({ nodes: 4, depth: 4, rows: 64 })
      const readings = yield* readRound(
        target,
        subject.drafter.uses,
        [...history.tokens],
        tree,
        verdict,
        draft.enter,
      )
      history.append(3)
      yield* draft.observe({ tree, verdict, readings })
      yield* draft.plan({ nodes: 4, depth: 4, rows: 64 })
    }),
  )

  promise("draws by the law it says, over many seeds", (subject, skip) =>
    Effect.gen(function* () {
      if (subject.drafter.proposes.every((law) => law === "point")) return skip("It draws nothing.")
      const counts = new Map<string, number>()
      let law = new Map<string, number>()
      const runs = 800
      for (let seed = 0; seed < runs; seed++) {
        const context = yield* contextFor(subject, makeHistory([1, 2, 1, 2, 3, 1]), seed)
        const draft = subject.drafter.open({ ...context, sampler: softmaxSampler() })
        const plan = Effect.flatMap(draft, ({ plan }) => plan({ nodes: 8, depth: 1, rows: 64 }))
        const drawn = trialsOf(yield* Effect.scoped(plan))
        if (drawn === undefined) return skip("It proposes by point here.")
        counts.set(drawn.key, (counts.get(drawn.key) ?? 0) + 1)
        law = drawn.law
      }
      chiSquareHolds(counts, law, runs)
    }),
  )
}

/** The parts of a round that can be compared. */
const shapeOf = ({
  history,
  planned,
}: {
  readonly history: readonly number[]
  readonly planned: DraftPlan
}) => ({
  history,
  tokens: Array.from(planned.tokens),
  parents: Array.from(planned.parents),
  auxiliary: planned.auxiliary,
})
