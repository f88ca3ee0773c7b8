import type { CostModel, ModelInfo, Verifier } from "@parade/core"
import { type Drafter, type DraftingCost, freeDrafting } from "@parade/drafting"
import { type Acceptance, makeAcceptance } from "./acceptance.ts"
import { type DrafterTrial, drafterTrial } from "./drafter-trial.ts"
import { type RoundPrices, roundPrices } from "./round-prices.ts"

/** What is learnt of a drafter at work on a model. */
export interface Learnt {
  readonly acceptance: Acceptance
  readonly trial: DrafterTrial
  readonly prices: RoundPrices
  /** Prices follow the clock: rounds are timed. */
  readonly isTimed: boolean
}

export const makeLearnt = (
  drafter: Drafter,
  info: Pick<ModelInfo, "layers">,
  rows: CostModel,
  own: DraftingCost = freeDrafting,
  isTimed = false,
): Learnt => ({
  acceptance: makeAcceptance(drafter.accuracy),
  trial: drafterTrial(),
  prices: roundPrices(rows, own, info),
  isTimed,
})

/**
 * Whether the text is the same whatever is drafted. Otherwise what other texts have taught, and what the clock says, must have no
 * part in what is drafted: the same seed gives the same text.
 */
export const isIndependent = (drafter: Drafter, verifier: Verifier): boolean =>
  verifier.law === "exact" && drafter.proposes.every((law) => law === "point")
