import type { PromptCache } from "./prompt-cache.ts"

/** A piece of a prompt: tokens, or vectors `[rows, width]` in their place. */
export type PromptPart =
  | { readonly tokens: ArrayLike<number>; readonly label?: number }
  | { readonly vectors: Float32Array; readonly rows: number; readonly label?: number }

/** When a text ends. */
export interface StopRules {
  /** Tokens that end the text, beside the model's own end tokens. The token is committed, its text is not shown. */
  readonly tokens?: readonly number[]
  /** Strings that end the text; neither they nor what follows is shown. */
  readonly strings?: readonly string[]
  /** Go on after the model's end tokens. */
  readonly ignoreEnd?: boolean
}

/** Text that follows the prompt. */
export interface ContinuationTarget {
  readonly kind: "continuation"
  readonly maxTokens: number
}

/** Tokens that stand in a canvas from the start, from position `at` of it. */
export interface FixedTokens {
  readonly at: number
  readonly tokens: ArrayLike<number>
}

/** Positions `[start, end)` of a canvas. */
export interface Span {
  readonly start: number
  readonly end: number
}

/**
 * So many positions after the prompt, to be filled in any order: infilling, templates, several traces with an answer.
 * What is not fixed is a hole.
 */
export interface CanvasTarget {
  readonly kind: "canvas"
  readonly length: number
  readonly fixed?: readonly FixedTokens[]
  /** Parts with a name, for those who decide the order. */
  readonly spans?: Readonly<Record<string, Span>>
  /** The span whose tokens are the output; the whole canvas by default. */
  readonly answer?: string
}

/** What is to be made. */
export type Target = ContinuationTarget | CanvasTarget

/** What is asked of a decoder. */
export interface Request {
  readonly prompt: readonly PromptPart[]
  readonly target: Target
  readonly stop?: StopRules
  /** Draws are a pure function of it; a non-negative safe integer. */
  readonly seed: number
  /** Where the rows of this text stay for the next request; decoders without a prefill leave it alone. */
  readonly promptCache?: PromptCache
}
