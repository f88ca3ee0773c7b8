import { allPositions, positionRange, type Refresh } from "@parade/denoising"

export interface PrefixCacheOptions {
  /** Recompute everything also after so many filled positions; at 1 in every step, which is exact. */
  readonly interval?: number
}

/**
 * While a block is filled, the rows before it are kept as they were when it began; the block and all behind it are recomputed.
 * The forward that begins a block computes everything and fills its first positions too (Fast-dLLM).
 */
export const prefixCache = ({ interval = Infinity }: PrefixCacheOptions = {}): Refresh => ({
  name: "prefix-cache",
  exact: interval === 1,
  open: () => {
    let block: number | undefined
    let since = 0
    return {
      plan(state, stage) {
        const { start } = stage.block
        if (start === block && state.filled - since < interval)
          return { compute: positionRange(start, state.length), keep: new Int32Array(0) }
        block = start
        since = state.filled
        return {
          compute: allPositions(state),
          keep: positionRange(-state.promptLength, start),
        }
      },
    }
  },
})
