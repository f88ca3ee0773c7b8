import { type Kind, kind, type ModelInfo, readoutNames, type SlotNeed } from "@parade/core"
import type { Prediction } from "./prediction.ts"
import type { CanvasShape, Stage } from "./schedule.ts"
import type { CanvasState } from "./state.ts"

/** A canvas and what the model says of it. Valid until the next forward. */
export interface CanvasView {
  readonly state: CanvasState
  readonly stage: Stage
  /** The predictions of the open positions, group by group. */
  readonly groups: readonly (readonly Prediction[])[]
  /** All of them, in ascending order of position. */
  readonly open: readonly Prediction[]
  /** The prediction of an open position, or of one that the unmasker `reads`, where it was computed. */
  readonly prediction: (position: number) => Prediction | undefined
}

/** Tokens put at open positions. */
export interface Edit {
  readonly positions: readonly number[]
  readonly tokens: readonly number[]
  /** The canvas ends before this position from now on. */
  readonly cut?: number
}

/** What an unmasker may know of the canvas it works on. */
export interface UnmaskContext extends CanvasShape {
  readonly info: ModelInfo
  readonly seed: number
}

/** An unmasker at work on one canvas. */
export interface Unmasking {
  /** A stage begins; `open` are its open positions. */
  readonly begin?: (state: CanvasState, stage: Stage) => void
  /**
   * One edit, which then stands; or several candidates, which are evaluated side by side before `settle` chooses. Every
   * edit fills at least one position or cuts.
   */
  readonly propose: (view: CanvasView) => readonly [Edit, ...Edit[]]
  /**
   * Which of several candidates stands; its predictions open the next round. `views[i]` is the canvas as candidate `i`
   * leaves it; the view that `propose` saw is no longer valid.
   */
  readonly settle?: (candidates: readonly Edit[], views: readonly CanvasView[]) => number
  /** Tokens whose raw probability at a position will be asked for beside the likeliest (see `Unmasker.readsTop`). */
  readonly follows?: (position: number) => Iterable<number>
  /** What was counted since it was last asked for, for the `round` event. */
  readonly counters?: () => Readonly<Record<string, number>>
}

/**
 * Decides what is kept of a step: which of the predicted tokens are put on the canvas for good, the rest stay masked
 * (the literature also says remasking strategy, unmasking order, transfer schedule).
 */
export interface Unmasker {
  readonly name: string
  /** It may propose several candidates. */
  readonly proposesSeveral?: boolean
  /** Positions beside the open ones whose predictions it wants, such as those already filled. */
  readonly reads?: (state: CanvasState, stage: Stage) => Int32Array
  /**
   * The most of `raw.topK` it asks for, where it does without whole rows: of a prediction it then reads `token`,
   * `confidence`, `margin` and the raw probabilities of the likeliest tokens and of those it `follows`, and what leaves the
   * device is a few numbers. Where absent it may ask anything.
   */
  readonly readsTop?: number
  /** Beside what `readsTop` says it reads `entropy`. Its plugin then needs {@link entropyOutput}. */
  readonly readsEntropy?: boolean
  /** It draws from other distributions than those of the sampler (`Prediction.drawFrom`), for which tokens drawn on the device do not do. */
  readonly drawsAnew?: boolean
  /** Of the vocabulary of the model that its trained parts are for; absent where any model will do. */
  readonly vocabularyFingerprint?: string
  readonly open: (context: UnmaskContext) => Unmasking
}

/** What the plugin of an unmasker that reads entropies needs of the model; without it they are made of whole rows. */
export const entropyOutput: SlotNeed = {
  hostSlot: "model",
  name: "output",
  value: readoutNames.entropy,
  optional: true,
}

/** The kind `unmasker`. */
export const UnmaskerKind: Kind<Unmasker> = kind("unmasker")
