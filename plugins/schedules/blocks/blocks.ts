import { checkWholeBlocks, type Group, maskedPositions, type Schedule } from "@parade/denoising"

export interface BlocksOptions {
  /** Positions in a block; divides every longer canvas. */
  readonly length: number
  /** Further blocks that are open beside the one being filled. */
  readonly lookAhead?: number
  /** Where blocks begin: at the canvas, or at the first row of the prompt. */
  readonly align?: "canvas" | "sequence"
}

/**
 * Semi-autoregressive decoding: the canvas in blocks, each filled before the next; the positions of a block are open
 * together. A canvas shorter than a block is one.
 */
export const blocks = ({ length, lookAhead = 0, align = "canvas" }: BlocksOptions): Schedule => ({
  name: "blocks",
  check: (shape) => (align === "canvas" ? checkWholeBlocks(shape, length) : undefined),
  open: ({ promptLength }) => {
    const offset = align === "sequence" ? promptLength % length : 0
    return {
      next(state) {
        const first = state.cells.indexOf(-1)
        const index = Math.floor((first + offset) / length)
        const start = index * length - offset
        const groups: Group[] = []
        for (let i = 0; i <= lookAhead; i++) {
          const from = start + i * length
          const positions = maskedPositions(state, from, from + length)
          if (positions.length > 0) groups.push({ positions, mustProgress: i === 0 })
        }
        return { index, block: { start, end: Math.min(start + length, state.length) }, groups, force: false }
      },
    }
  },
})
