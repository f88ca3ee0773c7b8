import type { Accuracy, RoundCost } from "@parade/drafting"
import { buildDynamicTree, chainTree, type DynamicTree, treeRows } from "./dynamic-tree.ts"

/** Budgets of rows that are tried, `S` of the paper. */
const budgets = [2, 3, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256]

/** The price of a round on average, over the states it may be in. */
export const roundPrice = (
  { m, states, stationary }: DynamicTree,
  price: (rows: number, levels: number) => number,
): number => states.reduce((sum, state, k) => sum + stationary[k]! * price(treeRows(m, state), k + 1), 0)

/** Dynamic trees by the nodes they may have, from few rows to many, and chains. */
export type TreeCandidates = (limit: number) => readonly DynamicTree[]

/**
 * All trees that are worth comparing: with 1 to all of the prompt tokens, of at most `rows` rows beside the newest token and
 * its prompt tokens.
 */
export const treeCandidates = (accuracy: Accuracy, rows: number): TreeCandidates => {
  const known = new Map<number, readonly DynamicTree[]>()
  return (limit) => {
    const found = known.get(limit)
    if (found !== undefined) return found
    const candidates = accuracy.flatMap((_, i) => {
      const used = accuracy.slice(0, i + 1)
      const chain = chainTree(used, limit)
      const isWithin = chain.states.every((state) => treeRows(i + 1, state) - (i + 2) <= rows)
      const trees = budgets
        .filter((budget) => budget <= rows)
        .map((budget) => buildDynamicTree(used, budget, limit))
      return isWithin ? [chain, ...trees] : trees
    })
    known.set(limit, candidates)
    return candidates
  }
}

/**
 * The tree that commits the most tokens a millisecond, `τ(S) / L(S)`, by the measured price of its rows in every
 * state; `undefined` where no tree beats one row at a time.
 */
export const chooseTree = (
  candidates: readonly DynamicTree[],
  cost: RoundCost,
  context: number,
): DynamicTree | undefined => {
  const price = (rows: number, levels: number): number => cost.drafted(rows, levels, context)
  let rate = 1 / cost.plain(context)
  let best: DynamicTree | undefined
  for (const candidate of candidates) {
    const own = (1 + candidate.accepted) / roundPrice(candidate, price)
    if (own <= rate) continue
    rate = own
    best = candidate
  }
  return best
}
