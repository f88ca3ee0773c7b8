import { RequestError } from "@parade/core"
import { maskedPositions, type Schedule, stageOf } from "@parade/denoising"

export interface SubBlocksOptions {
  /** Positions in a block; divides every longer canvas. */
  readonly length: number
  /** Positions in a sub-block; divides a block. */
  readonly subLength: number
  /** Where blocks begin: at the canvas, or at the first row of the prompt. */
  readonly align?: "canvas" | "sequence"
}

/**
 * Blocks from left to right, and in each block sub-blocks from left to right: the rows of a block are computed
 * together, of which only the positions of one sub-block are open.
 */
export const subBlocks = ({ length, subLength, align = "canvas" }: SubBlocksOptions): Schedule => ({
  name: "sub-blocks",
  check: (shape) =>
    align === "canvas" && shape.length > length && shape.length % length !== 0
      ? new RequestError({
          code: "request.block-does-not-divide",
          path: "target",
          message: `A canvas of ${shape.length} positions does not divide into blocks of ${length}.`,
          advice: "Ask for a multiple of the block, or set the length of the schedule's blocks.",
        })
      : undefined,
  open: ({ promptLength }) => {
    const offset = align === "sequence" ? promptLength % length : 0
    return {
      next(state) {
        const first = state.cells.indexOf(-1) + offset
        const start = first - (first % length) - offset
        const index = Math.floor(first / subLength)
        const from = index * subLength - offset
        const block = { start, end: Math.min(start + length, state.length) }
        return stageOf(index, block, maskedPositions(state, from, from + subLength))
      },
    }
  },
})
