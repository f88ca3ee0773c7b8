import type { ProposalLaw } from "@parade/core"
import type { DraftBudget, DraftContext, DraftPlan, Drafter } from "@parade/drafting"
import * as Effect from "effect/Effect"

/** A drafter without state, from how it plans. */
export const drafterOf = (
  name: string,
  plan: (context: DraftContext, budget: DraftBudget) => DraftPlan,
  proposes: readonly ProposalLaw["law"][] = ["point"],
): Drafter => ({
  name,
  proposes,
  open: (context) =>
    Effect.succeed({
      plan: (budget) => Effect.sync(() => plan(context, budget)),
      observe: () => Effect.void,
    }),
})
