import { allPositions, positionRange, type Refresh } from "@parade/denoising"

export interface DualCacheOptions {
  /** Recompute everything also after so many filled positions; at 1 in every step, which is exact. */
  readonly interval?: number
}

/**
 * While a block is filled, the rows before and behind it are kept as they were when it began; only the block is recomputed. Rows behind it are those of masked positions.
 * The forward that begins a block computes everything and fills its first positions too (Fast-dLLM).
 */
export const dualCache = ({ interval = Infinity }: DualCacheOptions = {}): Refresh => ({
  name: "dual-cache",
  exact: interval === 1,
  open: () => {
    let block: number | undefined
    let since = 0
    return {
      plan(state, stage) {
        const { start, end } = stage.block
        if (start === block && state.filled - since < interval)
          return { compute: positionRange(start, end), keep: new Int32Array(0) }
        block = start
        since = state.filled
        return {
          compute: allPositions(state),
          keep: allPositions(state).filter((position) => position < start || position >= end),
        }
      },
    }
  },
})
