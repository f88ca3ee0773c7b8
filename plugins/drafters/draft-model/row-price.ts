import type { Model } from "@parade/core"
import type { DraftContext } from "@parade/drafting"
import * as Effect from "effect/Effect"

/** What a draft model is taken to cost where nothing better is known, as a share of the target. */
const assumedShare = 0.1

/**
 * What a forward of so many rows of a draft model costs, in the unit of the target's cost: as measured where both
 * were, otherwise the target's price in proportion to the bytes of the weights.
 */
export const rowPrice = (
  model: Model,
  { target, cost, history }: DraftContext,
): Effect.Effect<(rows: number) => number> =>
  Effect.gen(function* () {
    const measured = yield* model.cost
    const isTargetMeasured = (yield* target.cost) !== undefined
    if (measured !== undefined && isTargetMeasured)
      return (rows) => measured.milliseconds(rows, history.length)
    const bytes = model.info.weightBytes
    const targetBytes = target.info.weightBytes
    const share = bytes > 0 && targetBytes > 0 ? bytes / targetBytes : assumedShare
    return (rows) => share * cost.milliseconds(rows, history.length)
  })
