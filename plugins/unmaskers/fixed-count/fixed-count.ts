import {
  type Prediction,
  ranked,
  type ScoreName,
  scoreOf,
  type Unmasker,
  withProgress,
} from "@parade/denoising"

export interface FixedCountOptions {
  /** Steps for a block (`s`); as many as it has masks where absent: one position per step. */
  readonly steps?: number
  /** What makes a position certain: the score of which the highest are filled. */
  readonly by: ScoreName
}

/** How many of `masks` positions each of `steps` steps fills: as equal as possible, the larger ones first. */
export const transferCounts = (masks: number, steps: number): Int32Array => {
  const count = Math.min(masks, steps)
  return Int32Array.from({ length: count }, (_, k) => Math.floor(masks / count) + (k < masks % count ? 1 : 0))
}

/**
 * LLaDA's sampler, the quality reference at one position per step: a block is filled in a fixed number of steps, the
 * highest scores first. Unlike LLaDA's, a token is never the mask, so that nothing is left over.
 */
export const fixedCount = ({ steps, by }: FixedCountOptions): Unmasker => ({
  name: "fixed-count",
  readsTop: 2,
  readsEntropy: by === "entropy",
  open: (context) => {
    const scored = scoreOf(by, context)
    let counts: Int32Array = new Int32Array(0)
    let step = 0
    return {
      begin(_, { groups }) {
        const masks = groups.reduce((sum, { positions }) => sum + positions.length, 0)
        counts = transferCounts(masks, steps ?? masks)
        step = 0
      },
      propose(view) {
        const score = (prediction: Prediction): number => scored(prediction, view.state.filled)
        return [withProgress(view, ranked(view.open, score).slice(0, counts[step++] ?? 1), score)]
      },
    }
  },
})
