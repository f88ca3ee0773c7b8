import * as Effect from "effect/Effect"

/** The middle of some numbers, the lower of the middle two: what disturbs a time only adds to it. */
const lowerMedian = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[(values.length - 1) >> 1]!

export interface InterleaveOptions {
  /** Untimed calls of each job before the first round. */
  readonly warmUps: number
  /** Times each job is called at least. */
  readonly minRounds: number
  readonly maxRounds: number
  /** After the rounds that must be, a job is not called beyond its equal share of this. */
  readonly budgetMs: number
  /**
   * Before each timing, wait so long for the threads of other sessions, which spin for a while after their last run,
   * and call the job once untimed: otherwise it pays for what the one before left behind, such as buffers of another
   * shape and large results to collect.
   */
  readonly settleMs?: number
  /** Most times may be disturbed by others: more are taken, and the least of each job stands. */
  readonly disturbed?: boolean
}

/** Rounds that must be, this many times as many where times may be disturbed. */
const MORE_ROUNDS = 3

/**
 * Time some jobs against each other: in rounds, each once a round, so that what else the machine does meets all of
 * them alike. Gives the middle time of each, in milliseconds; the least where they may be disturbed.
 */
export const timeInterleaved = <E, R>(
  jobs: readonly Effect.Effect<unknown, E, R>[],
  { warmUps, minRounds, maxRounds, budgetMs, settleMs, disturbed = false }: InterleaveOptions,
): Effect.Effect<readonly number[], E, R> =>
  Effect.gen(function* () {
    const rounds = disturbed ? MORE_ROUNDS * minRounds : minRounds
    const times = jobs.map((): number[] => [])
    const spent = jobs.map(() => 0)
    for (let i = 0; i < warmUps; i++) for (const job of jobs) yield* job
    for (let round = 0; round < Math.max(rounds, maxRounds); round++)
      for (const [i, job] of jobs.entries()) {
        if (round >= rounds && spent[i]! > budgetMs / jobs.length) continue
        if (settleMs !== undefined) yield* Effect.andThen(Effect.sleep(settleMs), job)
        const from = performance.now()
        yield* job
        const took = performance.now() - from
        times[i]!.push(took)
        spent[i]! += took
      }
    return times.map((taken) => (disturbed ? Math.min(...taken) : lowerMedian(taken)))
  })
