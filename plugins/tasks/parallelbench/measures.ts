/** What a way of decoding reached at one setting. */
export interface Reached {
  /** Tokens committed per forward. */
  readonly tokensPerStep: number
  /** Quality from 0 to 1. */
  readonly score: number
}

/** Tokens per step, each setting weighted by its score: `Σ k·score / Σ score`; 0 where nothing is right. */
export const parallelizability = (reached: readonly Reached[]): number => {
  const scores = reached.reduce((sum, { score }) => sum + score, 0)
  return scores === 0 ? 0 : reached.reduce((sum, one) => sum + one.tokensPerStep * one.score, 0) / scores
}

/** The most tokens per step of a setting that still reaches a score; `undefined` where none does. */
export const fastestReaching = (reached: readonly Reached[], least: number): number | undefined => {
  const enough = reached.filter(({ score }) => score >= least).map(({ tokensPerStep }) => tokensPerStep)
  return enough.length === 0 ? undefined : Math.max(...enough)
}

/**
 * The best choice of a setting for every sample: of those with the sample's best score, the one of fewest steps. What a
 * rule that knew when to slow down would reach.
 *
 * @param samples By sample, by setting: steps taken and score.
 * @returns The mean of the steps and of the scores.
 */
export const oracleChoice = (
  samples: readonly (readonly { readonly steps: number; readonly score: number }[])[],
): { readonly steps: number; readonly score: number } => {
  let steps = 0
  let score = 0
  for (const settings of samples) {
    const best = settings.reduce((most, one) => Math.max(most, one.score), 0)
    score += best / samples.length
    const fewest = Math.min(...settings.filter((one) => one.score === best).map((one) => one.steps))
    steps += fewest / samples.length
  }
  return { steps, score }
}

/** The slope of the least-squares line through points; of score over block length it tells the order preferred. */
export const slope = (points: readonly (readonly [x: number, y: number])[]): number => {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length
  let product = 0
  let square = 0
  for (const [x, y] of points) {
    product += (x - meanX) * (y - meanY)
    square += (x - meanX) ** 2
  }
  return square === 0 ? 0 : product / square
}

/**
 * How much a decoding order is that from left to right: Kendall's τ-b of the step in which each position was decided
 * with the position. 1 from left to right, −1 from right to left, 0 where all is decided at once.
 */
export const orderFromLeft = (steps: ArrayLike<number>): number => {
  let agreeing = 0
  let tied = 0
  let pairs = 0
  for (let left = 0; left < steps.length; left++)
    for (let right = left + 1; right < steps.length; right++) {
      pairs++
      const sign = Math.sign(steps[right]! - steps[left]!)
      agreeing += sign
      if (sign === 0) tied++
    }
  return tied === pairs ? 0 : agreeing / Math.sqrt(pairs * (pairs - tied))
}
