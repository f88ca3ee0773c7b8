import { maskedPositions, type Schedule, stageOf } from "@parade/denoising"

/** All masked positions are open, all the time. */
export const wholeCanvas: Schedule = {
  name: "whole-canvas",
  open: () => ({
    next: (state) => stageOf(0, { start: 0, end: state.length }, maskedPositions(state)),
  }),
}
