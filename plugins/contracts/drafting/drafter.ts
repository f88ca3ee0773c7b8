import type {
  DecodeFailure,
  DraftTree,
  History,
  Kind,
  Model,
  ProposalLaw,
  Sampler,
  Verdict,
} from "@parade/core"
import { kind } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"

/** What a drafter may know of the text it drafts for. */
export interface DraftContext {
  /** The target model. A drafter never calls its `forward`: the decoder owns the one forward of a round. */
  readonly target: Model
  /** Committed tokens; grows between rounds. Its last token is the root of the next tree. */
  readonly history: History
  /** What the text is drawn from; a drafter that samples draws from its own rows processed by it. */
  readonly sampler: Sampler
  readonly seed: number
}

/** How much may be proposed in a round. */
export interface DraftBudget {
  /** Nodes at most. */
  readonly nodes: number
  /** Levels at most: the text may not grow longer than that. */
  readonly depth: number
}

/** What became of a plan. */
export interface DraftOutcome {
  readonly tree: DraftTree
  readonly verdict: Verdict
}

/** A drafter at work on one text; released with the scope it was opened in. */
export interface Draft {
  /** A tree of proposals under the newest token; empty where there is nothing to say. */
  readonly plan: (budget: DraftBudget) => Effect<DraftTree, DecodeFailure>
  /** Called once after every round, also when the plan was empty; the history already holds the outcome. */
  readonly observe: (outcome: DraftOutcome) => Effect<void, DecodeFailure>
}

/** Proposes tokens that the target then verifies in one forward. */
export interface Drafter {
  /** Who gets the credit in events. */
  readonly name: string
  /** The laws its trees are proposed by. */
  readonly proposes: readonly ProposalLaw["law"][]
  readonly open: (context: DraftContext) => Effect<Draft, DecodeFailure, Scope>
}

/** The kind `drafter`. */
export const DrafterKind: Kind<Drafter> = kind("drafter")

/** The tree with nothing in it. */
export const emptyTree: DraftTree = { tokens: [], parents: [] }

/** A chain of tokens as a tree. */
export const chain = (tokens: ArrayLike<number>, laws?: ReadonlyMap<number, ProposalLaw>): DraftTree => {
  const parents = new Int32Array(tokens.length)
  for (let i = 0; i < tokens.length; i++) parents[i] = i - 1
  return laws === undefined ? { tokens, parents } : { tokens, parents, laws }
}
