import { maskedPositions, type Schedule, stageOf } from "@parade/denoising"

export interface LeadingOptions {
  /** How many masked positions are open at once. */
  readonly count: number
}

/** The first `count` masked positions are open: a front that moves to the right, without blocks. */
export const leading = ({ count }: LeadingOptions): Schedule => ({
  name: "parade-plugin-template",
  // It decides by the canvas alone, so that it says the same however the canvas was reached.
  open: () => ({
    next: (state) => {
      const open = maskedPositions(state).subarray(0, count)
      return stageOf(0, { start: 0, end: state.length }, open)
    },
  }),
})
