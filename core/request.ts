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

/** What is asked of a decoder. */
export interface Request {
  readonly prompt: readonly PromptPart[]
  readonly target: { readonly kind: "continuation"; readonly maxTokens: number }
  readonly stop?: StopRules
  /** Draws are a pure function of it; a non-negative safe integer. */
  readonly seed: number
}
