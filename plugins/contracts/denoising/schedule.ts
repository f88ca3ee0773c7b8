import { type Kind, kind, type RequestError, type Span } from "@parade/core"
import type { CanvasState } from "./state.ts"

/** Positions that are open together. */
export interface Group {
  /** Masked positions, ascending; no position is in two groups. */
  readonly positions: Int32Array
  /** At least one of them must be filled now. */
  readonly mustProgress: boolean
}

/** What may be filled now. */
export interface Stage {
  /** Rises where something new begins: unmaskers forget, caches are refreshed. */
  readonly index: number
  /** What is being worked on; what lies before is filled, unless an earlier stage left something open. */
  readonly block: Span
  /** What of it is being worked on, where a block is filled part by part; the whole where absent. */
  readonly part?: Span
  /** The most urgent first; at least one position is open. */
  readonly groups: readonly Group[]
  /** All that is open must be filled now, whatever the unmasker would say. */
  readonly force: boolean
}

/** A canvas about to be filled. */
export interface CanvasShape {
  readonly promptLength: number
  readonly length: number
  /** Positions of a block that the weights were trained on (`blockLength` of the model); absent where they know none. */
  readonly trainedBlock?: number
}

/** A schedule at work on one canvas. */
export interface Scheduling {
  /** What is open now. Asked once per round, while anything is masked. */
  readonly next: (state: CanvasState) => Stage
}

/**
 * Decides which positions are open: the whole canvas, blocks from left to right (semi-autoregressive decoding), blocks
 * within blocks, several open blocks. It decides by the canvas, never by a count of forwards.
 */
export interface Schedule {
  readonly name: string
  /** What is wrong with such a canvas, if anything. */
  readonly check?: (shape: CanvasShape) => RequestError | undefined
  readonly open: (shape: CanvasShape) => Scheduling
}

/** The kind `schedule`. */
export const ScheduleKind: Kind<Schedule> = kind("schedule")

/** A stage with one group. */
export const stageOf = (index: number, block: Span, positions: Int32Array): Stage => ({
  index,
  block,
  groups: [{ positions, mustProgress: true }],
  force: false,
})
