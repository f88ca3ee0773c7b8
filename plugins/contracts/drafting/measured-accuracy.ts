import * as Schema from "effect/Schema"
import { rankOf } from "./rank-of.ts"
import type { Accuracy } from "./sparse-tree.ts"

const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))

/** An {@link Accuracy} as it stands in a file: at least one guess, and one rank of each. */
export const AccuracyTable: Schema.$Array<Schema.$Array<typeof Schema.Finite>> = Schema.Array(
  Schema.Array(Share).check(Schema.isMinLength(1)),
).check(Schema.isMinLength(1))

/** Whether ranks exclude one another, as they must: their shares cannot be more than 1. Each is rounded in a file. */
export const isOfRanks = (accuracy: Accuracy): boolean =>
  accuracy.every((row) => row.reduce((sum, share) => sum + share, 0) <= 1 + 1e-4 * row.length)

/** Measured accuracy, and the positions the first guess was counted at. */
export interface MeasuredAccuracy {
  readonly accuracy: Accuracy
  readonly positions: number
}

/** Counts at which rank guesses have the right tokens. */
export interface RankCounter {
  /** Guess `guess` (from 0) says `logits` where the right token is this one. */
  readonly count: (guess: number, logits: Float32Array, token: number) => void
  /** Guess `guess` cannot say the right token at all. */
  readonly miss: (guess: number) => void
  readonly measured: () => MeasuredAccuracy
}

/** Ranks that are told apart. */
const ranks = 10

/** A counter for so many guesses over a vocabulary. */
export const rankCounter = (guesses: number, vocabulary: number): RankCounter => {
  const shown = Math.min(ranks, vocabulary)
  const hits = Array.from({ length: guesses }, () => new Float64Array(shown))
  const positions = hits.map(() => 0)
  return {
    count(guess, logits, token) {
      positions[guess]!++
      const rank = rankOf(logits, token)
      if (rank < shown) hits[guess]![rank]!++
    },
    miss: (guess) => void positions[guess]!++,
    measured: () => ({
      accuracy: hits.map((counts, i) => Array.from(counts, (count) => count / Math.max(1, positions[i]!))),
      positions: positions[0] ?? 0,
    }),
  }
}

/** What a log says of it: for each guess the share of the likeliest token, and of the `most` likeliest. */
export const accuracyFigures = (
  name: string,
  most: number,
  { accuracy }: MeasuredAccuracy,
): Readonly<Record<string, number>> =>
  Object.fromEntries(
    accuracy.flatMap((row, i) => [
      [`accuracy.${name}${i + 1}`, row[0]!],
      [`accuracy.${name}${i + 1}/top-${most}`, row.slice(0, most).reduce((sum, share) => sum + share, 0)],
    ]),
  )

/** The shares as they are written to a file. */
export const roundedAccuracy = (accuracy: Accuracy): Accuracy =>
  accuracy.map((row) => row.map((share) => Number(share.toFixed(5))))
