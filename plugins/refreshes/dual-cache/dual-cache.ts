import { allPositions, keptWhileFilling, positionRange, type Refresh } from "@parade/denoising"

export interface DualCacheOptions {
  /** Recompute everything also after so many filled positions; at 1 in every step, which is exact. */
  readonly interval?: number
}

/**
 * While a block is filled, the rows before and behind it are kept as they were when it began; only the block is recomputed.
 * Rows behind it are those of masked positions (Fast-dLLM).
 */
export const dualCache = ({ interval }: DualCacheOptions = {}): Refresh =>
  keptWhileFilling({
    name: "dual-cache",
    interval,
    compute: ({ start, end }) => positionRange(start, end),
    keep: ({ start, end }, state) =>
      allPositions(state).filter((position) => position < start || position >= end),
  })
