/** What a way of decoding reached at one setting. */
export interface AccuracyAt {
  /** Tokens of the text per forward (`ρ`). */
  readonly tokensPerForward: number
  /** In percent, from 0 to 100 (`y`). */
  readonly accuracy: number
}

export interface AccuracyUnderParallelismOptions {
  /** The best accuracy of any method that is compared, in percent (`y_max`). */
  readonly best: number
  /** How much an accuracy below the best takes away (`α`); 3 by default. */
  readonly alpha?: number
  /** A setting counts whose accuracy is at most so many points below that of the slowest; 5 by default. */
  readonly tolerance?: number
}

/**
 * Accuracy under parallelism (AUP, d3LLM): the area under accuracy over tokens per forward, each accuracy weighted by
 * `W(y) = min(exp(−α (1 − y / y_max)), 1)`, the slowest setting's own area not:
 * `ρ₁ y₁ + Σ ½ (ρ_j − ρ_{j−1}) (y_j W(y_j) + y_{j−1} W(y_{j−1}))`. Scores of tables with another best do not compare.
 *
 * @throws RangeError where there is no setting, or a number is none of an accuracy in percent.
 */
export const accuracyUnderParallelism = (
  reached: readonly AccuracyAt[],
  { best, alpha = 3, tolerance = 5 }: AccuracyUnderParallelismOptions,
): number => {
  const bad = reached.find(
    ({ tokensPerForward, accuracy }) => !(tokensPerForward >= 0) || !(accuracy >= 0 && accuracy <= 100),
  )
  if (reached.length === 0 || bad !== undefined || !(best > 0 && best <= 100))
    throw new RangeError("Accuracies are percents from 0 to 100 at tokens per forward from 0 up.")
  const sorted = reached.toSorted((a, b) => a.tokensPerForward - b.tokensPerForward)
  const [first] = sorted
  const counted = sorted.filter(({ accuracy }) => accuracy >= first!.accuracy - tolerance)
  const weighted = ({ accuracy }: AccuracyAt): number =>
    accuracy * Math.min(Math.exp(-alpha * (1 - accuracy / best)), 1)
  let area = first!.tokensPerForward * first!.accuracy
  for (const [i, point] of counted.entries()) {
    const before = counted[i - 1]
    if (before === undefined) continue
    area += ((point.tokensPerForward - before.tokensPerForward) * (weighted(point) + weighted(before))) / 2
  }
  return area
}
