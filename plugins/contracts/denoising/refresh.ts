import { type Kind, kind } from "@parade/core"
import type { CanvasShape, Stage } from "./schedule.ts"
import type { CanvasState } from "./state.ts"

/** What the next forward computes. Positions ascend; those of the prompt are negative. */
export interface RowPlan {
  /** Positions whose rows are computed. A cached row of such a position is dropped. */
  readonly compute: Int32Array
  /** Cached positions that are seen beside the computed ones; all that are cached where absent. */
  readonly attend?: Int32Array
  /** Positions of `compute` whose new rows are kept in the cache. */
  readonly keep: Int32Array
  /**
   * A row sees computed rows of ranks up to its own; all see each other where absent. The canvas is the one that is
   * computed: as it stands, or as a candidate leaves it. What no row that is kept or read can see is not computed.
   */
  readonly rank?: (position: number, state: CanvasState) => number
}

/** A refresh at work on one canvas. */
export interface Refreshing {
  /** Asked before every forward; what it says is kept is cached from then on. */
  readonly plan: (state: CanvasState, stage: Stage) => RowPlan
}

/**
 * Decides which rows a step recomputes, what they see of the cache and what is kept: everything each time, the prefix
 * or prefix and suffix kept while a block is filled, a window. It decides by canvas and stage, never by a count of
 * forwards, so that methods that reach a canvas in fewer forwards reach the same one.
 */
export interface Refresh {
  readonly name: string
  /** Whether the predictions are those of a forward of the whole canvas; otherwise cached rows may be stale. */
  readonly exact: boolean
  /**
   * Positions of a block where rows see nothing behind their own, `1` being causal and `trained` those that the weights
   * were trained on; absent where all see all.
   */
  readonly block?: number | "trained"
  readonly open: (shape: CanvasShape) => Refreshing
}

/** The kind `refresh`. */
export const RefreshKind: Kind<Refresh> = kind("refresh")

/** The positions `from … to-1`. */
export const positionRange = (from: number, to: number): Int32Array =>
  Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)

/** The positions of prompt and canvas. */
export const allPositions = ({ promptLength, length }: CanvasShape): Int32Array =>
  positionRange(-promptLength, length)
