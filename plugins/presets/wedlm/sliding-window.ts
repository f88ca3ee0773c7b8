import { maskedPositions, type Schedule, stageOf } from "@parade/denoising"

export interface SlidingWindowOptions {
  /** Positions in the window (`W`). */
  readonly window: number
}

/**
 * A window that begins at the first mask and moves on with it: of its `W` positions those that are masked are open. A
 * prefix that is finished leaves the window at once, and as many masks enter behind.
 */
export const slidingWindow = ({ window }: SlidingWindowOptions): Schedule => ({
  name: "wedlm",
  open: () => ({
    next: (state) => {
      const start = state.cells.indexOf(-1)
      const end = Math.min(start + window, state.length)
      return stageOf(0, { start, end }, maskedPositions(state, start, end))
    },
  }),
})
