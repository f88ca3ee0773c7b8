import {
  type Cache,
  type DecodeFailure,
  type DraftTree,
  makeHistory,
  type Model,
  type MutableHistory,
  type Sampler,
  tokenRows,
  uniform,
  type Verdict,
} from "@parade/core"
import {
  type DraftBudget,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  noReadings,
  roundCost,
  treeLevels,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { range } from "../_rows.ts"
import { naiveCache } from "../caches/naive-cache.ts"
import { cheapRows } from "./cheap-rows.ts"
import { readPrompt, readRound } from "./readings.ts"

/** A text that a drafter is asked to draft for. */
export interface LoopOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly drafter: Drafter
  readonly prompt: ArrayLike<number>
  readonly seed: number
  readonly rounds: number
  readonly budget: DraftBudget
  /** Rounds in which the drafter rests: it is not asked, and shown nothing of them; none by default. */
  readonly rests?: (round: number) => boolean
  /** What is forwarded of a plan; all of it by default. */
  readonly verified?: (plan: DraftPlan) => DraftPlan
}

/** One round: what was known, what was planned, what stood. */
export interface LoopRound {
  readonly history: readonly number[]
  readonly planned: DraftPlan
  /** What was forwarded of it. */
  readonly tree: DraftPlan
  readonly verdict: Verdict
}

/** The draw plain decoding makes at each level, and the child that carries it, as far as there is one. */
const match = (tree: DraftTree, draw: (path: readonly number[]) => number): Verdict => {
  const accepted: number[] = []
  let rejected = 0
  for (;;) {
    const token = draw(accepted)
    const parent = accepted.at(-1) ?? -1
    const children = range(tree.tokens.length).filter((node) => tree.parents[node] === parent)
    const child = children.find((node) => tree.tokens[node] === token)
    if (child === undefined) return { accepted, appended: [token], rejected: rejected + children.length }
    accepted.push(child)
    rejected += children.length - 1
  }
}

/** The text as plain decoding goes on with it: the next `count` tokens, none of them committed. */
const continuation = (
  { model, sampler, seed }: LoopOptions,
  cache: Cache,
  history: MutableHistory,
  count: number,
): Effect.Effect<readonly number[], DecodeFailure> =>
  Effect.gen(function* () {
    const drawn: number[] = []
    while (drawn.length < count) {
      const rows = tokenRows([...history.tokens.subarray(cache.length), ...drawn], cache.length)
      const { logits } = yield* model.forward(rows, {
        cache,
        outputs: [{ name: "logits", rows: [rows.tokens.length - 1] }],
        phase: "step",
      })
      const position = history.length + drawn.length
      const distribution = sampler.process(logits!.row(0), { history, path: drawn, position })
      drawn.push(distribution.draw(uniform(seed, "token", position)))
      if (drawn.length === 1) yield* cache.commit(range(rows.tokens.length - 1))
    }
    return drawn
  })

/**
 * A drafter at work, without a decoder: after a first token that follows from the prompt it plans, lets the text go on as plain decoding would, observes. What a
 * drafter is shown does not depend on how good its plans are, so that any drafter can be tried.
 */
export const draftingLoop = (
  options: LoopOptions,
): Effect.Effect<readonly LoopRound[], DecodeFailure, Scope> =>
  Effect.gen(function* () {
    const { model, sampler, drafter, seed, budget, verified = (tree) => tree, rests = () => false } = options
    const history = makeHistory(options.prompt)
    const context: DraftContext = {
      target: model,
      cost: roundCost(cheapRows),
      history,
      sampler,
      accepts: ["point", "iid", "withoutReplacement"],
      seed,
      prompt: yield* readPrompt(model, drafter.uses, options.prompt),
    }
    const cache = yield* naiveCache.make(yield* model.makeStore)
    const draft = yield* drafter.open(context)
    const [first] = yield* continuation(options, cache, history, 1)
    history.append(first!)
    yield* draft.observe({
      tree: emptyTree,
      verdict: { accepted: [], appended: [first!], rejected: 0 },
      readings: noReadings,
    })
    const rounds: LoopRound[] = []
    for (let round = 0; round < options.rounds; round++) {
      const before = [...history.tokens]
      if (rests(round)) {
        history.append((yield* continuation(options, cache, history, 1))[0]!)
        continue
      }
      const planned = yield* draft.plan(budget)
      const tree = verified(planned)
      const levels = treeLevels(tree).reduce((a, b) => Math.max(a, b), 0)
      const drawn = yield* continuation(options, cache, history, levels + 1)
      const verdict = match(tree, (path) => drawn[path.length]!)
      for (const node of verdict.accepted) history.append(tree.tokens[node]!)
      for (const token of verdict.appended) history.append(token)
      yield* draft.observe({
        tree,
        verdict,
        readings: yield* readRound(model, drafter.uses, before, tree, verdict, draft.enter),
      })
      // So that two loops take turns.
      yield* Effect.yieldNow
      rounds.push({ history: before, planned, tree, verdict })
    }
    return rounds
  })
