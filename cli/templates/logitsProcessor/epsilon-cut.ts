import { type LogitsProcessor, rowDistribution } from "@parade/core"

export interface EpsilonCutOptions {
  /** The least probability a token may have (`ε`); the likeliest always stays. */
  readonly epsilon: number
}

/** Epsilon sampling: tokens whose probability is below `ε` become impossible. */
export const epsilonCut = ({ epsilon }: EpsilonCutOptions): LogitsProcessor => ({
  order: "any",
  process: (row) => {
    const distribution = rowDistribution(row)
    const likeliest = distribution.argmax()
    const { tokens, probabilities } = distribution.support()
    // A row is never changed: others may still look at it.
    return {
      ...row,
      candidates: tokens.filter((token, i) => token === likeliest || probabilities[i]! >= epsilon),
    }
  },
})
