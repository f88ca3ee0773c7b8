import {
  type DecodeFailure,
  type Distribution,
  type DraftTree,
  makeHistory,
  type Model,
  type MutableHistory,
  type Sampler,
  tokenRows,
  uniform,
  type Verdict,
} from "@parade/core"
import type { DraftBudget, DraftContext, Drafter } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { range } from "../_rows.ts"
import { naiveCache } from "../caches/naive_cache.ts"

/** A text that a drafter is asked to draft for. */
export interface LoopOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly drafter: Drafter
  readonly prompt: ArrayLike<number>
  readonly seed: number
  readonly rounds: number
  readonly budget: DraftBudget
}

/** One round: what was known, what was planned, what stood. */
export interface LoopRound {
  readonly history: readonly number[]
  readonly tree: DraftTree
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

const distributionAfter = (
  { model, sampler }: LoopOptions,
  history: MutableHistory,
  path: readonly number[],
): Effect.Effect<Distribution, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* naiveCache.make(yield* model.makeStore)
      const rows = tokenRows([...history.tokens, ...path], 0)
      const { logits } = yield* model.forward(rows, {
        cache,
        outputs: [{ name: "logits", rows: [rows.tokens.length - 1] }],
        phase: "step",
      })
      const position = history.length + path.length
      return sampler.process(logits!.row(0), { history, path, position })
    }),
  )

/**
 * A drafter at work, without a decoder: plans, lets the text go on as plain decoding would, observes. What a
 * drafter is shown does not depend on how good its plans are, so that any drafter can be tried.
 */
export const draftingLoop = (
  options: LoopOptions,
): Effect.Effect<readonly LoopRound[], DecodeFailure, Scope> =>
  Effect.gen(function* () {
    const { model, sampler, drafter, seed, budget } = options
    const history = makeHistory(options.prompt)
    const context: DraftContext = {
      target: model,
      cost: { milliseconds: (rows) => rows, source: "rows" },
      history,
      sampler,
      accepts: ["point", "iid", "withoutReplacement"],
      seed,
    }
    const draft = yield* drafter.open(context)
    const rounds: LoopRound[] = []
    for (let round = 0; round < options.rounds; round++) {
      const before = [...history.tokens]
      const tree = yield* draft.plan(budget)
      const drawn: number[] = []
      for (let level = 0; level <= tree.tokens.length; level++) {
        const distribution = yield* distributionAfter(options, history, drawn)
        drawn.push(distribution.draw(uniform(seed, "token", before.length + level)))
      }
      const verdict = match(tree, (path) => drawn[path.length]!)
      for (const node of verdict.accepted) history.append(tree.tokens[node]!)
      for (const token of verdict.appended) history.append(token)
      yield* draft.observe({ tree, verdict })
      rounds.push({ history: before, tree, verdict })
    }
    return rounds
  })
