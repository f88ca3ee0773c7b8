/**
 * The best accuracy in parallel decoding: what a model that knows every marginal exactly reaches with `perStep` items
 * per step, on a list of `n` items (ParallelBench, arXiv 2510.04767).
 */

/** Shuffle, any order of places, the identity allowed: `Π P(m_i, k) / m_i^k`, `m_i` items left before step `i`. */
export const idealShuffle = (n: number, perStep: number): number => {
  let accuracy = 1
  for (let left = n; left > 0; left -= perStep)
    for (let i = 0; i < Math.min(perStep, left); i++) accuracy *= (left - i) / left
  return accuracy
}

/** Replace at random, each place taking its most probable item: one chance in two for two a step, none for more. */
export const idealReplaceGreedy = (n: number, perStep: number): number => {
  const last = n % perStep === 0 ? perStep : n % perStep
  // Before the last step every place is more likely to be kept than replaced, so all are kept.
  if (last === 1) return 1
  return last === 2 ? 0.5 : 0
}

/** Replace at random, drawn at temperature 1: `A(m) = (k/m)(1−1/m)^(k−1) + (1−1/m)^k A(m−k)`. */
export const idealReplaceSampled = (n: number, perStep: number): number => {
  if (n === 0) return 0
  const k = Math.min(perStep, n)
  const kept = 1 - 1 / n
  return (k / n) * kept ** (k - 1) + kept ** k * idealReplaceSampled(n - k, perStep)
}
