import {
  type CostModel,
  DecodeError,
  type DecodeFailure,
  type ModelInfo,
  type ProposalLaw,
} from "@parade/core"
import {
  checkPlan,
  type Draft,
  type DraftBudget,
  type DraftPlan,
  emptyTree,
  isPointTree,
  subplan,
  type TargetUse,
  withinBudget,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { makeAcceptance } from "./acceptance.ts"
import { drafterTrial } from "./drafter-trial.ts"
import { depthChoice, worthwhileNodes } from "./draft-length.ts"
import { followPlan } from "./followed-plan.ts"

export interface PlannerOptions {
  readonly draft: Draft
  /** Whether what is proposed depends on no chance the verification must account for. */
  readonly isPoint: boolean
  /** Whether to draft only what is worth its rows; otherwise all that the budget allows. */
  readonly adaptive: boolean
  readonly cost: CostModel
  readonly info: ModelInfo
  /** What the drafter takes of the model. */
  readonly uses: TargetUse
  /** The laws the verifier understands. */
  readonly accepts: readonly ProposalLaw["law"][]
}

/** Decides what is verified in a round. */
export interface Planner {
  /** `rows`: rows the round forwards anyway; `context`: rows in the cache. */
  readonly plan: (
    budget: DraftBudget,
    rows: number,
    context: number,
  ) => Effect.Effect<DraftPlan, DecodeFailure>
  /** The text has grown by these tokens. */
  readonly learn: (tokens: readonly number[]) => void
}

const empty = Effect.succeed(emptyTree)

/**
 * Asks the drafter for trees and verifies of them what is worth its rows. Where drafting is free of chance and costs
 * next to nothing, the drafter is asked in every round and the best part of its tree is taken; what is left out is
 * watched, so that nothing need be spent to learn that drafting has come to pay. Otherwise the depth is chosen
 * before.
 */
export const makePlanner = (options: PlannerOptions): Planner => {
  const { draft, isPoint, adaptive, cost, info, uses, accepts } = options
  const acceptance = makeAcceptance()
  const depths = depthChoice(acceptance)
  const followed = followPlan(acceptance)
  /** Plans with auxiliary rows only the drafter can weigh: by what they bring. */
  const isTried = adaptive && uses.auxiliary !== undefined
  const tried = drafterTrial()
  /** What the last plan of such rows costs. */
  let price: number | undefined
  /** Nodes per level of the last plan. */
  let width = 1

  const received = (tree: DraftPlan, budget: DraftBudget): DraftPlan => {
    const problem = checkPlan(tree, info, uses)
    if (problem !== undefined) throw problem
    for (const { law } of tree.laws?.values() ?? [])
      if (!accepts.includes(law))
        throw new DecodeError({
          code: "draft.law-mismatch",
          message: `The verifier does not understand proposals by the law ${law}.`,
          fault: "bug",
        })
    return withinBudget(tree, budget)
  }

  const chosenDepth = (budget: DraftBudget, rows: number, context: number): number => {
    if (!adaptive || (isPoint && draft.milliseconds === undefined)) return budget.depth
    const limit = Math.min(budget.depth, Math.max(1, Math.floor(budget.nodes / width)))
    return depths.next(
      limit,
      (depth) =>
        cost.milliseconds(rows + Math.ceil(depth * width), context) +
        (depth === 0 ? 0 : (draft.milliseconds?.(depth) ?? 0)),
    )
  }

  const worthwhile = (tree: DraftPlan, rows: number, context: number): DraftPlan => {
    if (!adaptive) return tree
    const price = (nodes: number) => cost.milliseconds(rows + nodes, context)
    // What auxiliary rows are worth shows in later rounds, so that only the drafter can weigh them.
    const isWeighed = isPointTree(tree) && tree.auxiliary === undefined
    const sent = isWeighed ? subplan(tree, worthwhileNodes(tree, acceptance, price)) : tree
    if (sent.tokens.length > 0 || !followed.alive()) followed.start(tree)
    return sent
  }

  return {
    plan(budget, rows, context) {
      price = undefined
      if (budget.nodes < 1 || budget.depth < 1) return empty
      if (isTried && !tried.isOn(cost.milliseconds(rows, context))) return empty
      const depth = chosenDepth(budget, rows, context)
      if (depth < 1) return empty
      const allowed = { ...budget, depth }
      return Effect.map(draft.plan(allowed), (planned) => {
        const tree = received(planned, allowed)
        const added = tree.tokens.length + (tree.auxiliary?.tokens.length ?? 0)
        if (isTried && added > 0) price = cost.milliseconds(rows + added, context)
        if (tree.tokens.length === 0) return tree
        width = Math.max(1, tree.tokens.length / depth)
        return worthwhile(tree, rows, context)
      })
    },
    learn(tokens) {
      if (!adaptive) return
      if (price !== undefined) tried.record(tokens.length, price)
      followed.advance(tokens)
    },
  }
}
