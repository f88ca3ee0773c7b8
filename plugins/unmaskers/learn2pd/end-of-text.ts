import { bestOf, type CanvasState, type Edit, type Prediction } from "@parade/denoising"

/** Where ends of text are looked for that are only predicted: anywhere on the canvas, in the block, or nowhere. */
export type EndOfText = "canvas" | "block" | "off"

/**
 * End-of-text prediction: the length a canvas keeps once an edit was made, if it is to be cut. It ends behind the first
 * end token among those filled; else behind the most confident one that is predicted of a position still masked, of
 * `guesses` with at least the confidence given.
 */
export const endOfText = (
  { leastLength, length, isEnd }: Pick<CanvasState, "leastLength" | "length" | "isEnd">,
  { positions, tokens }: Edit,
  guesses: readonly Prediction[],
  confidence: number,
): number | undefined => {
  const ends = positions.filter((_, i) => isEnd(tokens[i]!))
  const filled = new Set(positions)
  const guess = (): number | undefined =>
    bestOf(
      guesses.filter((one) => !filled.has(one.position) && isEnd(one.token) && one.confidence >= confidence),
      (one) => one.confidence,
    )?.position
  const end = ends.length > 0 ? Math.min(...ends) : guess()
  const cut = end === undefined ? length : end + 1
  return cut >= leastLength && cut < length ? cut : undefined
}
