import type { CostModel, ModelInfo } from "@parade/core"
import { auxiliaryCount, type DraftPlan, entryLayer } from "./draft-plan.ts"
import { treeLevels } from "./draft-tree.ts"

/** What rounds cost, in milliseconds (or, where nobody has measured, in plain rounds), over `context` cached rows. */
export interface RoundCost {
  /** A round that drafts nothing and reads nothing for a drafter. */
  readonly plain: (context: number) => number
  /**
   * A round that forwards so many rows, of which the drafter has made a tree of so many levels: with all that drafting and
   * reading take.
   */
  readonly drafted: (rows: number, levels: number, context: number) => number
}

/** What a round with a drafter takes beside the rows of the target. */
export interface DraftingCost {
  /** What the price of rows is multiplied with. */
  readonly scale: number
  /** For each round that asks the drafter. */
  readonly fixed: number
  /** For each level of its trees. */
  readonly perLevel: number
}

/** Nothing but rows costs. */
export const freeDrafting: DraftingCost = { scale: 1, fixed: 0, perLevel: 0 }

/** What rounds cost by the price of rows; `own` is read at every call, so that it may change. */
export const roundCost = (rows: CostModel, own: DraftingCost = freeDrafting): RoundCost => ({
  plain: (context) => own.scale * rows.milliseconds(1, context),
  drafted: (count, levels, context) =>
    own.scale * rows.milliseconds(count, context) + own.fixed + levels * own.perLevel,
})

/** Levels of a tree. */
export const depthOf = (plan: DraftPlan): number => treeLevels(plan).reduce((a, b) => Math.max(a, b), 0)

/**
 * What a round with a plan costs that was drafted `levels` deep, be it that less is left of it: `rows` outstanding tokens are forwarded
 * with it. Rows that enter behind the first layer pass a share of the layers alone.
 */
export const planCost = (
  { drafted }: Pick<RoundCost, "drafted">,
  plan: DraftPlan,
  { layers }: Pick<ModelInfo, "layers">,
  rows: number,
  context: number,
  levels: number = depthOf(plan),
): number => {
  let count = rows + plan.tokens.length
  let sum = drafted(count, levels, context)
  let before = sum
  for (let row = 0; row < auxiliaryCount(plan); row++) {
    const now = drafted(++count, levels, context)
    sum += ((layers - entryLayer(plan.auxiliary!, row)) / layers) * (now - before)
    before = now
  }
  return sum
}
