import type {
  CostModel,
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
  /** What rows of the target cost; assumed where nobody has measured. */
  readonly cost: CostModel
  /** Committed tokens; grows between rounds. Its last token is the root of the next tree. */
  readonly history: History
  /** What the text is drawn from; a drafter that samples draws from its own rows processed by it. */
  readonly sampler: Sampler
  /** The laws the verifier understands, the one it makes most of first. */
  readonly accepts: readonly ProposalLaw["law"][]
  readonly seed: number
}

/** How much may be proposed in a round; what exceeds it is cut off. */
export interface DraftBudget {
  /**
   * Nodes at most. A drafter that draws its proposals must decide how many to draw before it draws them, and keep to
   * this itself: a cut that depends on what was drawn would bias the text.
   */
  readonly nodes: number
  /** Levels at most: the text may not grow longer than that. */
  readonly depth: number
}

/** What became of a plan. */
export interface DraftOutcome {
  /** What was verified of it. */
  readonly tree: DraftTree
  readonly verdict: Verdict
}

/** A drafter at work on one text; released with the scope it was opened in. */
export interface Draft {
  /** A tree of proposals under the newest token; empty where there is nothing to say. */
  readonly plan: (budget: DraftBudget) => Effect<DraftTree, DecodeFailure>
  /** Called once after every round, also when nothing was planned; the history already holds the outcome. */
  readonly observe: (outcome: DraftOutcome) => Effect<void, DecodeFailure>
  /** What a plan of so many levels costs, in the unit of the context's `cost`; absent where next to nothing. */
  readonly milliseconds?: (depth: number) => number
  /** What was counted (forwards, rows) since it was last asked for, for the `round` event. */
  readonly counters?: () => Readonly<Record<string, number>>
}

/** Proposes tokens that the target then verifies in one forward. */
export interface Drafter {
  /** Who gets the credit in events. */
  readonly name: string
  /** The laws it can propose by; of several it takes one that the verifier accepts. */
  readonly proposes: readonly ProposalLaw["law"][]
  /** The fingerprint of the vocabulary its tokens come from, where it has one of its own. */
  readonly vocabularyFingerprint?: string
  readonly open: (context: DraftContext) => Effect<Draft, DecodeFailure, Scope>
}

/** The kind `drafter`. */
export const DrafterKind: Kind<Drafter> = kind("drafter")
