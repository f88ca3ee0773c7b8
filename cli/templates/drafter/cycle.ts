import { chain, type Draft, type DraftContext, type Drafter } from "@parade/drafting"
import * as Effect from "effect/Effect"

export interface CycleOptions {
  /** Tokens at the end of the text that are taken for one turn of the cycle. */
  readonly period: number
}

/** One turn of the cycle that the text would be in if it went on as its last tokens did. */
const open = (period: number, { history }: DraftContext): Draft => ({
  // The history grows between rounds, so it is read when a plan is asked for.
  plan: ({ nodes, depth }) =>
    Effect.sync(() => {
      const turn = history.tokens.subarray(-period)
      // A prompt may hold vectors, which are no tokens.
      const vector = turn.indexOf(-1)
      return chain(turn.slice(0, Math.min(nodes, depth, vector < 0 ? period : vector)))
    }),
  observe: () => Effect.void,
})

/** Drafts that the last `period` tokens come again, in a chain. */
export const cycle = ({ period }: CycleOptions): Drafter => ({
  name: "parade-plugin-template",
  proposes: ["point"],
  open: (context) => Effect.succeed(open(period, context)),
})
