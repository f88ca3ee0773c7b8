import type { CostModel, ModelInfo } from "@parade/core"
import { type DraftingCost, type DraftPlan, planCost, type RoundCost, roundCost } from "@parade/drafting"

/**
 * How far a round moves a price that it belies, as a share of a plain round. Plain rounds are many and all alike; what was measured of a
 * drafter in a bad moment is to be mended before it has cost much.
 */
const step = { plain: 0.01, drafted: 0.03 } as const

/** A round over `rows` outstanding tokens and `context` cached ones. */
export interface PricedRound {
  readonly rows: number
  readonly context: number
  /** What was forwarded beside them; nothing where the drafter was not asked. */
  readonly plan: DraftPlan | undefined
  /** Levels that were drafted, be it that some were left out. */
  readonly levels: number
}

/** Contexts are told apart in steps of this: a price is looked up in every round, and works out a line over all rows where the context is new. */
const contextStep = 64

const inSteps = ({ milliseconds, source }: CostModel): CostModel => ({
  milliseconds: (rows, context) => milliseconds(rows, context - (context % contextStep)),
  source,
})

/** What rounds cost, learnt from those that happen. */
export interface RoundPrices extends RoundCost {
  readonly of: (round: PricedRound) => number
  /** A round has taken so long. */
  readonly record: (milliseconds: number, round: PricedRound) => void
}

/**
 * Prices of rounds that begin with `own` and follow the middle of what is seen: each round moves them one small step, however far off it
 * was, so that a round that something has disturbed says no more than another.
 */
export const roundPrices = (
  priced: CostModel,
  own: DraftingCost,
  info: Pick<ModelInfo, "layers">,
): RoundPrices => {
  const rows = inSteps(priced)
  const now = { scale: own.scale, fixed: own.fixed, perLevel: own.perLevel }
  const cost = roundCost(rows, now)
  const priceOf = ({ plan, rows: count, context, levels }: PricedRound): number =>
    plan === undefined
      ? now.scale * rows.milliseconds(count, context)
      : planCost(cost, plan, info, count, context, levels)
  return {
    ...cost,
    of: priceOf,
    record(milliseconds, round) {
      const isDearer = milliseconds > priceOf(round)
      if (round.plan === undefined) {
        now.scale *= isDearer ? 1 + step.plain : 1 - step.plain
        return
      }
      // Where drafting is free already and still cheaper than expected, rows are.
      if (!isDearer && now.fixed === 0) now.scale *= 1 - step.drafted
      else
        now.fixed = Math.max(
          0,
          now.fixed + (isDearer ? step.drafted : -step.drafted) * cost.plain(round.context),
        )
    },
  }
}
