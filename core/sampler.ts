import type { Distribution } from "./distribution.ts"
import type { History } from "./sequence.ts"

/** Where a row of logits stands. */
export interface SamplerContext {
  /** The committed tokens. */
  readonly history: History
  /** Tokens after the committed ones on the way to this row (a path in a draft tree). */
  readonly path: ArrayLike<number>
  /** Index in the sequence of the token this row predicts: `history.length + path.length` from left to right. */
  readonly position: number
  /** The softmax of the very logits at temperature 1, where it has been made: what a sampler gives that changes nothing. */
  readonly raw?: Distribution
}

/**
 * Turns a row of logits into the distribution that counts: what plain decoding draws from, what verification compares
 * with, what a draft model proposes from. Holds no generator and no state.
 */
export interface Sampler {
  /** `leftToRight`: the history must be complete up to the position (grammars, penalties by n-gram). */
  readonly order: "any" | "leftToRight"
  /** Whether every distribution is a point mass. */
  readonly greedy: boolean
  /**
   * Where all that it makes of a row is its softmax at one temperature, that temperature: at 0 all probability is on the
   * greatest logit. Absent where it does more. Decoders need not bring rows to where nobody looks at them.
   */
  readonly temperature?: number | undefined
  /** `logits` `[vocabulary]`; not changed. */
  readonly process: (logits: Float32Array, context: SamplerContext) => Distribution
}
