import { uniform } from "@parade/core"
import type { Prediction } from "./prediction.ts"

/** What makes a position certain: the score of which the highest are filled. */
export type ScoreName = "confidence" | "margin" | "entropy" | "random" | "position"

/** All of them. */
export const scoreNames: readonly ScoreName[] = ["confidence", "margin", "entropy", "random", "position"]

/**
 * The score of a prediction by name. Chance is keyed by seed, position and how many positions are `filled`; `position` goes
 * from left to right.
 */
export const scoreOf = (
  by: ScoreName,
  { seed, promptLength }: { readonly seed: number; readonly promptLength: number },
): ((prediction: Prediction, filled: number) => number) => {
  const scores: Readonly<Record<ScoreName, (prediction: Prediction, filled: number) => number>> = {
    confidence: ({ confidence }) => confidence,
    margin: ({ margin }) => margin,
    entropy: ({ entropy }) => -entropy,
    random: ({ position }, filled) => uniform(seed, "noise", promptLength + position, filled),
    position: ({ position }) => -position,
  }
  return scores[by]
}
