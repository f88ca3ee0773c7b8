import { DecodeError, type DecodeFailure, type ModelInfo, type ProposalLaw } from "@parade/core"
import {
  checkPlan,
  depthOf,
  type Draft,
  type DraftBudget,
  type Drafter,
  type DraftPlan,
  emptyTree,
  isPointTree,
  subplan,
  withinBudget,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { bestDepth, worthwhileNodes } from "./draft-length.ts"
import { followPlan } from "./followed-plan.ts"
import type { Learnt } from "./learnt.ts"
import type { PricedRound } from "./round-prices.ts"

export interface PlannerOptions {
  readonly drafter: Drafter
  /** The drafter at work on the text: opened when it is first asked. */
  readonly draft: Effect.Effect<Draft, DecodeFailure>
  /** What is known of the drafter; all that the budget allows is drafted where nothing is to be weighed. */
  readonly learnt: Learnt | undefined
  readonly info: ModelInfo
  /** The laws the verifier understands. */
  readonly accepts: readonly ProposalLaw["law"][]
}

/** What a drafter that was asked has planned, as it is forwarded. */
export interface AskedPlan {
  readonly draft: Draft
  readonly plan: DraftPlan
}

/** Decides what is verified in a round. */
export interface Planner {
  /**
   * Whether the drafter rests in the round that begins. `rows`: rows the round forwards anyway; `context`: rows in the cache;
   * `budget`: what there is room for.
   */
  readonly rests: (budget: DraftBudget, rows: number, context: number) => boolean
  /** Asks the drafter. */
  readonly plan: (
    budget: DraftBudget,
    rows: number,
    context: number,
  ) => Effect.Effect<AskedPlan, DecodeFailure>
  /** The text has grown by these tokens. */
  readonly learn: (tokens: readonly number[]) => void
  /** The round took so long. */
  readonly took: (milliseconds: number) => void
}

/** Whether asking a drafter costs something: work of its own, or what is read or computed for it. */
export const isPaid = ({ work, uses = {} }: Drafter): boolean =>
  work !== undefined || Object.keys(uses).length > 0

/**
 * Of rounds in which the drafter rests every so manieth is timed: there are many, all alike, and on a small model what is done between two forwards
 * shows.
 */
const timedRest = 8

const isRoom = ({ nodes, depth }: DraftBudget): boolean => nodes >= 1 && depth >= 1

/**
 * Asks the drafter for trees and verifies of them what is worth its rows. One that is free is asked in every round, and what is
 * left out of its trees is watched, so that nothing need be spent to learn that drafting has come to pay. One that costs
 * something is asked while that pays, and rests otherwise. Where drafting takes work level by level, or chance, the depth is chosen
 * before.
 */
export const makePlanner = ({ drafter, draft, learnt, info, accepts }: PlannerOptions): Planner => {
  const isPoint = drafter.proposes.every((law) => law === "point")
  const paid = isPaid(drafter)
  const followed = learnt === undefined ? undefined : followPlan(learnt.acceptance)
  /** Nodes per level of the last plan. */
  let width = 1
  /** The one that runs; nothing where its price is known well enough. */
  let round: PricedRound | undefined
  let rested = 0

  const received = (tree: DraftPlan, budget: DraftBudget): DraftPlan => {
    const problem = checkPlan(tree, info, drafter.uses)
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

  const chosenDepth = (
    { acceptance, prices }: Learnt,
    budget: DraftBudget,
    rows: number,
    context: number,
  ): number => {
    if (isPoint && drafter.work === undefined) return budget.depth
    const limit = Math.min(budget.depth, Math.max(1, Math.floor(budget.nodes / width)))
    return bestDepth(acceptance, limit, (depth) =>
      prices.drafted(rows + Math.ceil(depth * width), depth, context),
    )
  }

  const worthwhile = (
    { acceptance, prices }: Learnt,
    tree: DraftPlan,
    rows: number,
    context: number,
  ): DraftPlan => {
    /** What has been drafted is paid for: it is weighed against a round that asked the drafter too. */
    const plain = paid ? prices.drafted(rows, 0, context) : prices.plain(context)
    const price = (nodes: number) => (nodes === 0 ? plain : prices.drafted(rows + nodes, 0, context))
    // What auxiliary rows are worth shows in later rounds, so that only the drafter can weigh them.
    const isWeighed = isPointTree(tree) && tree.auxiliary === undefined
    const sent = isWeighed ? subplan(tree, worthwhileNodes(tree, acceptance, price)) : tree
    if (tree.tokens.length > 0 && (sent.tokens.length > 0 || !followed!.alive())) followed!.start(tree)
    return sent
  }

  return {
    rests(budget, rows, context) {
      round = { plan: undefined, levels: 0, rows, context }
      if (!paid || learnt === undefined) return false
      // Where the text may not grow by a draft, there is nothing to learn either.
      if (learnt.trial.isOn()) return !isRoom(budget)
      learnt.trial.rested()
      if (rested++ % timedRest !== 0) round = undefined
      return true
    },
    plan(budget, rows, context) {
      return Effect.flatMap(draft, (opened) => {
        if (!isRoom(budget)) return Effect.succeed({ draft: opened, plan: emptyTree })
        const depth = learnt === undefined ? budget.depth : chosenDepth(learnt, budget, rows, context)
        const allowed = { ...budget, depth }
        return Effect.map(opened.plan(allowed), (planned) => {
          const tree = received(planned, allowed)
          if (tree.tokens.length > 0) width = Math.max(1, tree.tokens.length / depth)
          const plan = learnt === undefined ? tree : worthwhile(learnt, tree, rows, context)
          round = { plan, levels: depthOf(tree), rows, context }
          return { draft: opened, plan }
        })
      })
    },
    learn(tokens) {
      followed?.advance(tokens)
      if (learnt === undefined || !paid || round?.plan === undefined) return
      learnt.trial.record(tokens.length, learnt.prices.of(round), learnt.prices.plain(round.context))
    },
    took(milliseconds) {
      if (learnt?.isTimed !== true || round === undefined) return
      const { plan } = round
      const isEmpty = plan !== undefined && plan.tokens.length === 0 && plan.auxiliary === undefined
      // A round that asked in vain tells of neither: it reads, but nothing was drafted.
      if (isEmpty && paid) return
      learnt.prices.record(milliseconds, isEmpty ? { ...round, plan: undefined } : round)
    },
  }
}
