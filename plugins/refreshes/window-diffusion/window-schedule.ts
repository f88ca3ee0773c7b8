import { maskedPositions, type Schedule, stageOf } from "@parade/denoising"

export interface WindowScheduleOptions {
  /** Masked positions that may be filled: the first so many (`a`). */
  readonly active: number
}

/** The first masked positions are open, wherever they are; there are no blocks. */
export const windowSchedule = ({ active }: WindowScheduleOptions): Schedule => ({
  name: "window-diffusion",
  open: () => ({
    next: (state) => stageOf(0, { start: 0, end: state.length }, maskedPositions(state).subarray(0, active)),
  }),
})
