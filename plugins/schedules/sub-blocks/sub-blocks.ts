import {
  type CanvasShape,
  checkWholeBlocks,
  maskedPositions,
  type Schedule,
  type Stage,
  stageOf,
} from "@parade/denoising"

export interface SubBlocksOptions {
  /** Positions in a block; divides every longer canvas. By default as many as the weights were trained on, 32 where they do not say. */
  readonly length?: number | undefined
  /** Positions in a sub-block; the last one of a block is shorter where they do not divide it. */
  readonly subLength: number
  /** Where blocks begin: at the canvas, or at the first row of the prompt. */
  readonly align?: "canvas" | "sequence"
  /** The first position of a block is filled before the others open. */
  readonly firstAlone?: boolean
}

/** Positions in a block of a canvas where nobody says. */
const lengthOf = ({ trainedBlock = 32 }: CanvasShape, asked: number | undefined): number =>
  asked ?? trainedBlock

/**
 * Blocks from left to right, and in each block sub-blocks from left to right: the rows of a block are computed
 * together, of which only the positions of one sub-block are open.
 *
 * With `firstAlone` a block begins with a step for its first position. Weights whose masked rows predict the next
 * position read it from the last row of the block before, as it is when finished: plain decoding of one token, which the
 * rest of the block then goes on from (Fast-dLLM v2).
 */
export const subBlocks = ({
  length: asked,
  subLength,
  align = "canvas",
  firstAlone = false,
}: SubBlocksOptions): Schedule => ({
  name: "sub-blocks",
  check: (shape) => (align === "canvas" ? checkWholeBlocks(shape, lengthOf(shape, asked)) : undefined),
  open: (shape) => {
    const { promptLength } = shape
    const length = lengthOf(shape, asked)
    const offset = align === "sequence" ? promptLength % length : 0
    /** Stages of a block: one for each sub-block, and one for its first position. */
    const stages = Math.ceil(length / subLength) + 1
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
        const to = Math.min(from + subLength, end)
        return {
          ...stageOf(
            index + 1 + Math.floor(within / subLength),
            { start, end },
            maskedPositions(state, from, to),
          ),
          part: { start: from, end: to },
        }
      },
    }
  },
})
