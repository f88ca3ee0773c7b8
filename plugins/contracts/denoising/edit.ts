import type { Prediction } from "./prediction.ts"
import type { CanvasView, Edit } from "./unmasker.ts"

/** The edit that puts predicted tokens where they are predicted. */
export const editOf = (predictions: readonly Prediction[]): Edit => ({
  positions: predictions.map(({ position }) => position),
  tokens: predictions.map(({ token }) => token),
})

/** The prediction with the highest score, the lowest position of several; `undefined` of none. */
export const bestOf = (
  predictions: readonly Prediction[],
  score: (prediction: Prediction) => number,
): Prediction | undefined => {
  let best: Prediction | undefined
  let highest = -Infinity
  for (const prediction of predictions) {
    const value = score(prediction)
    if (best === undefined || value > highest || (value === highest && prediction.position < best.position)) {
      best = prediction
      highest = value
    }
  }
  return best
}

/** From the highest score down, lower positions first at ties. */
export const ranked = (
  predictions: readonly Prediction[],
  score: (prediction: Prediction) => number,
): readonly Prediction[] =>
  predictions
    .map((prediction) => ({ prediction, score: score(prediction) }))
    .sort((a, b) => b.score - a.score || a.prediction.position - b.prediction.position)
    .map(({ prediction }) => prediction)

/**
 * The edit of the predictions chosen and, where a canvas would stand still, the best by `score`: of each group that
 * must progress and has none chosen, or of all where nothing is chosen at all.
 */
export const withProgress = (
  { groups, stage, open }: Pick<CanvasView, "groups" | "stage" | "open">,
  chosen: Iterable<Prediction>,
  score: (prediction: Prediction) => number,
): Edit => {
  const all = new Set(chosen)
  for (const [i, group] of groups.entries())
    if (stage.groups[i]!.mustProgress && !group.some((prediction) => all.has(prediction))) {
      const best = bestOf(group, score)
      if (best !== undefined) all.add(best)
    }
  if (all.size === 0) {
    const best = bestOf(open, score)
    if (best !== undefined) all.add(best)
  }
  return editOf([...all].sort((a, b) => a.position - b.position))
}
