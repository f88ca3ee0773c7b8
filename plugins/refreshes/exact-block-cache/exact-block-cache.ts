import { positionRange, type Refresh } from "@parade/denoising"

export interface ExactBlockCacheOptions {
  /** Positions in a block of the prompt, counted from its first row. */
  readonly block: number
}

/**
 * For models whose rows see their own block and those before it, and nothing behind (block diffusion): what lies behind
 * a block is not computed at all, and a finished block is computed once more, clean, and kept for good. That happens in
 * the forward that begins the next one, so it costs rows but no forward. Exact.
 */
export const exactBlockCache = ({ block }: ExactBlockCacheOptions): Refresh => ({
  name: "exact-block-cache",
  exact: true,
  open: ({ promptLength }) => {
    /** Rows before this position are kept. */
    let kept = -promptLength
    const starts: number[] = []
    const rank = (position: number): number => {
      if (position < starts[0]!) return Math.floor((promptLength + position) / block)
      const inPrompt = Math.ceil((promptLength + starts[0]!) / block)
      let passed = 0
      while (passed < starts.length && starts[passed]! <= position) passed++
      return inPrompt + passed
    }
    return {
      plan(state, { block: { start, end } }) {
        if (starts.at(-1) !== start) starts.push(start)
        const keep = positionRange(kept, start)
        const compute = positionRange(kept, Math.min(end, state.length))
        kept = Math.max(kept, start)
        return { compute, keep, rank }
      },
    }
  },
})
