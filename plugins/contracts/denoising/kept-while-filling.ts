import type { Span } from "@parade/core"
import { allPositions, type Refresh } from "./refresh.ts"
import type { CanvasState } from "./state.ts"

/** Which rows are kept while a block is filled. */
export interface KeptRows {
  readonly name: string
  /** Everything is recomputed also after so many filled positions; at 1 in every step, which is exact. */
  readonly interval?: number | undefined
  /** What a step within the block computes. */
  readonly compute: (block: Span, state: CanvasState) => Int32Array
  /** What is kept from the forward that begins the block. */
  readonly keep: (block: Span, state: CanvasState) => Int32Array
}

/**
 * A refresh that computes everything where a block begins, and keeps some of the rows as they are then while the block is filled. The
 * forward that begins a block fills its first positions too (Fast-dLLM).
 */
export const keptWhileFilling = ({ name, interval = Infinity, compute, keep }: KeptRows): Refresh => ({
  name,
  exact: interval === 1,
  open: () => {
    let begun: number | undefined
    let since = 0
    return {
      plan(state, { block }) {
        if (block.start === begun && state.filled - since < interval)
          return { compute: compute(block, state), keep: new Int32Array(0) }
        begun = block.start
        since = state.filled
        return { compute: allPositions(state), keep: keep(block, state) }
      },
    }
  },
})
