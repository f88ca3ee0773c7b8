import { allPositions, positionRange, type Refresh } from "@parade/denoising"

export interface KeptPromptOptions {
  /** The prompt is computed again after so many filled positions; at 1 in every step, which is exact. */
  readonly interval: number
}

/** Keeps the rows of the prompt as they were when they were last computed; the canvas is computed in every step. */
export const keptPrompt = ({ interval }: KeptPromptOptions): Refresh => ({
  name: "parade-plugin-template",
  exact: interval === 1,
  open: ({ promptLength, length }) => {
    const prompt = positionRange(-promptLength, 0)
    const canvas = positionRange(0, length)
    let computedAt = -Infinity
    return {
      // By the canvas, never by a count of forwards: however it was reached, the same rows are computed.
      plan: (state) => {
        if (state.filled - computedAt < interval)
          return { compute: canvas.subarray(0, state.length), keep: new Int32Array(0) }
        computedAt = state.filled
        return { compute: allPositions(state), keep: prompt }
      },
    }
  },
})
