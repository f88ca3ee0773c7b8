import type { Distribution } from "./distribution.ts"
import type { Purpose } from "./random.ts"

/**
 * How the children of a node were proposed.
 *
 * - `point`: chosen without chance (or with draws the verification does not share).
 * - `iid`: each drawn from `q` independently. `trials` lists the children in the order of the draws; a token drawn
 *   twice is one node listed twice.
 * - `withoutReplacement`: drawn from `q` one after the other, each time from what was left.
 */
export type ProposalLaw =
  | { readonly law: "point" }
  | { readonly law: "iid"; readonly q: Distribution; readonly trials: ArrayLike<number> }
  | { readonly law: "withoutReplacement"; readonly q: Distribution; readonly trials: ArrayLike<number> }

/** A tree of proposed tokens under the newest committed token, of which a chain is one. */
export interface DraftTree {
  /** `[nodes]`. */
  readonly tokens: ArrayLike<number>
  /** `[nodes]`: a smaller index, or `-1` under the newest committed token. */
  readonly parents: ArrayLike<number>
  /** By parent (`-1` for the first level); `point` where absent. */
  readonly laws?: ReadonlyMap<number, ProposalLaw>
  /**
   * `[nodes]`: the drafter's own estimate of the chance that the node stands where its parent does. Decides nothing
   * but how much is worth verifying.
   */
  readonly confidence?: ArrayLike<number>
}

/** What a verifier decides on. */
export interface VerifyInput {
  readonly tree: DraftTree
  /** The target's distribution after a node, or after the newest committed token for `-1`; computed on demand. */
  readonly target: (node: number) => Distribution
  /** Index in the sequence of the first level of the tree. */
  readonly position: number
  /** A keyed uniform number; the seed is the request's. */
  readonly uniform: (purpose: Purpose, position: number, attempt?: number) => number
  /** Whether a token ends the text: nothing is appended after it. */
  readonly isEnd: (token: number) => boolean
}

/** What stands: a path of nodes from the first level down, then tokens that are not in the tree. */
export interface Verdict {
  readonly accepted: readonly number[]
  /** Normally one token; none after an accepted end of text. */
  readonly appended: readonly number[]
  /** Nodes that were tried and refused; the others of the tree were never reached. */
  readonly rejected: number
}

/** Decides which drafted tokens stand, and what follows them. */
export interface Verifier {
  /** What it promises: the distribution of plain decoding, the same at temperature 0 only, or neither. */
  readonly law: "exact" | "exactWhenGreedy" | "lossy"
  /**
   * Proposal laws it understands, the one it makes most of first. A drafter that can propose by none of them is a
   * composition error.
   */
  readonly accepts: readonly ProposalLaw["law"][]
  readonly verify: (input: VerifyInput) => Verdict
}
