import { checkWholeBlocks, maskedPositions, type Schedule, type Stage, stageOf } from "@parade/denoising"

export interface SubBlocksOptions {
  /** Positions in a block; divides every longer canvas. */
  readonly length: number
  /** Positions in a sub-block; divides a block. */
  readonly subLength: number
  /** Where blocks begin: at the canvas, or at the first row of the prompt. */
  readonly align?: "canvas" | "sequence"
  /** The first position of a block is filled before the others open. */
  readonly firstAlone?: boolean
}

/**
 * Blocks from left to right, and in each block sub-blocks from left to right: the rows of a block are computed
 * together, of which only the positions of one sub-block are open.
 *
 * With `firstAlone` a block begins with a step for its first position. Weights whose masked rows predict the next
 * position read it from the last row of the block before, as it is when finished: plain decoding of one token, which the
 * rest of the block then goes on from (Fast-dLLM v2).
 */
export const subBlocks = ({
  length,
  subLength,
  align = "canvas",
  firstAlone = false,
}: SubBlocksOptions): Schedule => ({
  name: "sub-blocks",
  check: (shape) => (align === "canvas" ? checkWholeBlocks(shape, length) : undefined),
  open: ({ promptLength }) => {
    const offset = align === "sequence" ? promptLength % length : 0
    /** Stages of a block: one for each sub-block, and one for its first position. */
    const stages = length / subLength + 1
    return {
      next(state): Stage {
        const first = state.cells.indexOf(-1) + offset
        const within = first % length
        const start = first - within - offset
        const index = stages * Math.floor(first / length)
        if (firstAlone && within === 0)
          return {
            ...stageOf(index, { start, end: start + 1 }, Int32Array.of(start)),
            force: true,
          }
        const from = first - (within % subLength) - offset
        const end = Math.min(start + length, state.length)
        return {
          ...stageOf(
            index + 1 + Math.floor(within / subLength),
            { start, end },
            maskedPositions(state, from, from + subLength),
          ),
          part: { start: from, end: Math.min(from + subLength, end) },
        }
      },
    }
  },
})
