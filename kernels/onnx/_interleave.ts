import * as Effect from "effect/Effect"

/** The middle of some numbers; the mean of the middle two of an even count. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface InterleaveOptions {
  /** Rounds to make whatever they cost. */
  readonly minRounds: number
  readonly maxRounds: number
  /** After the rounds that must be, no further one starts beyond this. */
  readonly budgetMs: number
}

/**
 * Time some jobs against each other: in rounds, each job once a round after one untimed call, so that what else
 * the machine does meets all of them alike. Gives the median of each, in milliseconds.
 */
export const timeInterleaved = <E, R>(
  jobs: readonly Effect.Effect<unknown, E, R>[],
  { minRounds, maxRounds, budgetMs }: InterleaveOptions,
): Effect.Effect<readonly number[], E, R> =>
  Effect.gen(function* () {
    const times = jobs.map((): number[] => [])
    const start = performance.now()
    for (let round = 0; round < maxRounds; round++) {
      if (round >= minRounds && performance.now() - start > budgetMs) break
      for (const [i, job] of jobs.entries()) {
        if (round === 0) yield* job
        const from = performance.now()
        yield* job
        times[i]!.push(performance.now() - from)
      }
    }
    return times.map(median)
  })
