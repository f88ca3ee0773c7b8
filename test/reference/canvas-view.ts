import { pointDistribution } from "@parade/core"
import { type CanvasView, makePrediction, type Prediction } from "@parade/denoising"
import { tableDistribution } from "./distribution.ts"

export interface CanvasViewOptions {
  /** Groups of open positions; one of all by default. */
  readonly groups?: readonly (readonly number[])[]
  /** Positions filled so far. */
  readonly filled?: number
  readonly endTokens?: readonly number[]
  /** Tokens are drawn with this instead of being the likeliest. */
  readonly uniform?: number
}

/**
 * A canvas of masked positions of which given probabilities are predicted, one row of `[vocabulary]` per position: for
 * trying what an unmasker decides.
 */
export const canvasView = (
  rows: readonly (readonly number[])[],
  options: CanvasViewOptions = {},
): CanvasView => {
  const { groups = [rows.map((_, i) => i)], filled = 0, endTokens = [], uniform } = options
  const predictions = new Map<number, Prediction>()
  for (const [position, row] of rows.entries()) {
    const raw = tableDistribution(Float64Array.from(row))
    predictions.set(
      position,
      makePrediction({
        position,
        raw,
        processed: () => (uniform === undefined ? pointDistribution(raw.size, raw.argmax()) : raw),
        draw: (processed) => processed.draw(uniform ?? 0),
      }),
    )
  }
  const length = rows.length
  return {
    state: {
      promptLength: 1,
      length,
      cells: new Int32Array(length).fill(-1),
      filled,
      masked: length,
      spans: {},
      answer: { start: 0, end: length },
      leastLength: 0,
      isEnd: (token) => endTokens.includes(token),
    },
    stage: {
      index: 0,
      block: { start: 0, end: length },
      groups: groups.map((positions, i) => ({
        positions: Int32Array.from(positions),
        mustProgress: i === 0,
      })),
      force: false,
    },
    groups: groups.map((positions) => positions.map((position) => predictions.get(position)!)),
    open: groups
      .flat()
      .sort((a, b) => a - b)
      .map((position) => predictions.get(position)!),
    prediction: (position) => predictions.get(position),
  }
}

/** Rows of which token 0 is predicted with the confidences given, over eight tokens; each must be above 1/8. */
export const confidenceRows = (confidences: readonly number[]): readonly (readonly number[])[] =>
  confidences.map((confidence) => [confidence, ...new Array<number>(7).fill((1 - confidence) / 7)])
