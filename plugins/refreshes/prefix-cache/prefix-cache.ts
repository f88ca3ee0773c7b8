import { keptWhileFilling, positionRange, type Refresh } from "@parade/denoising"

export interface PrefixCacheOptions {
  /** Recompute everything also after so many filled positions; at 1 in every step, which is exact. */
  readonly interval?: number
}

/**
 * While a block is filled, the rows before it are kept as they were when it began; the block and all behind it are
 * recomputed (Fast-dLLM).
 */
export const prefixCache = ({ interval }: PrefixCacheOptions = {}): Refresh =>
  keptWhileFilling({
    name: "prefix-cache",
    interval,
    compute: ({ start }, { length }) => positionRange(start, length),
    keep: ({ start }, { promptLength }) => positionRange(-promptLength, start),
  })
