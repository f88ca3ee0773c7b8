import {
  type CanvasState,
  checkWholeBlocks,
  type Group,
  maskedPositions,
  type Schedule,
} from "@parade/denoising"

export interface OpenBlocksOptions {
  /** Positions in a block; divides every longer canvas. */
  readonly length: number
  /** The share of a block that is filled before the next one opens, above 0; at 1 one is open after the other. */
  readonly openAt: number
}

/** The share of `[start, end)` that is filled. */
const progress = ({ cells }: CanvasState, start: number, end: number): number => {
  let filled = 0
  for (let i = start; i < end; i++) if (cells[i] !== -1) filled++
  return filled / (end - start)
}

/**
 * Blocks from left to right, of which several may be open: the next one opens as soon as `openAt` of the last is filled
 * (TAD's multi-block decoding, `block_add_threshold`). The first block with masks must progress, those behind it may.
 *
 * What is open depends on the canvas alone. The paper also activates a block by the progress of the one before it, and lets
 * the first active block progress; as that is always the first with masks, the second threshold decides nothing.
 */
export const openBlocks = ({ length, openAt }: OpenBlocksOptions): Schedule => ({
  name: "open-blocks",
  check: (shape) => checkWholeBlocks(shape, length),
  open: () => ({
    next(state) {
      const groups: Group[] = []
      const first = Math.floor(state.cells.indexOf(-1) / length)
      let end = 0
      for (let start = 0; start < state.length; start = end) {
        end = Math.min(start + length, state.length)
        const positions = maskedPositions(state, start, end)
        if (positions.length > 0) groups.push({ positions, mustProgress: groups.length === 0 })
        if (progress(state, start, end) < openAt) break
      }
      return { index: first, block: { start: first * length, end }, groups, force: false }
    },
  }),
})
