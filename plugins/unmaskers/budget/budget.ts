import {
  type Prediction,
  ranked,
  type ScoreName,
  scoreOf,
  type Unmasker,
  withProgress,
} from "@parade/denoising"
import { shares } from "./shares.ts"

export interface BudgetOptions {
  /** Positions filled in a step (`K`), as far as there are so many. */
  readonly tokens: number
  /** Which of a group are filled first. */
  readonly by: ScoreName
}

/**
 * NAP's parallel-forced decoding: every step fills `K` positions, shared evenly among the groups of open positions whatever is
 * sure, within each group the highest scores first. The remainder goes to the first groups: a schedule that puts the least
 * filled first, such as that of traces, lets them take turns.
 */
export const budget = ({ tokens, by }: BudgetOptions): Unmasker => ({
  name: "budget",
  readsTop: 2,
  readsEntropy: by === "entropy",
  open: (context) => {
    const scored = scoreOf(by, context)
    return {
      propose(view) {
        const score = (prediction: Prediction): number => scored(prediction, view.state.filled)
        const counts = shares(
          view.groups.map(({ length }) => length),
          tokens,
        )
        const chosen = view.groups.flatMap((group, i) => ranked(group, score).slice(0, counts[i]))
        return [withProgress(view, chosen, score)]
      },
    }
  },
})
