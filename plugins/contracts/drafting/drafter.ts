import type {
  DecodeFailure,
  History,
  Kind,
  Model,
  OutputRows,
  ProposalLaw,
  Sampler,
  Verdict,
} from "@parade/core"
import { kind } from "@parade/core"
import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { DraftBudget } from "./draft-budget.ts"
import type { DraftPlan } from "./draft-plan.ts"
import type { RoundCost } from "./round-cost.ts"
import type { Accuracy } from "./sparse-tree.ts"
import type { Readings, TargetUse } from "./target-use.ts"

/** What a drafter may know of the text it drafts for. */
export interface DraftContext {
  /** The target model. A drafter never calls its `forward`: the decoder owns the one forward of a round. */
  readonly target: Model
  /**
   * What rounds with this drafter and plain ones cost, its own work included; assumed where nobody has measured, the same for
   * all where nothing is to be weighed.
   */
  readonly cost: RoundCost
  /** Committed tokens; grows between rounds. Its last token is the root of the next tree. */
  readonly history: History
  /** What the text is drawn from; a drafter that samples draws from its own rows processed by it. */
  readonly sampler: Sampler
  /** The laws the verifier understands, the one it makes most of first. */
  readonly accepts: readonly ProposalLaw["law"][]
  readonly seed: number
  /**
   * What was read of the prompt: `committed` at all its rows, `newest` at the last, the row before the newest token. Nothing
   * where the drafter was not asked from the first token on.
   */
  readonly prompt: Readings
}

/** What became of a plan. */
export interface DraftOutcome {
  /** What was forwarded of it. */
  readonly tree: DraftPlan
  readonly verdict: Verdict
  readonly readings: Readings
}

/** Auxiliary rows that are about to enter a layer, in the middle of the forward of a round. */
export interface EnteringRows {
  readonly layer: number
  /** What is forwarded. */
  readonly plan: DraftPlan
  /** Of its auxiliary rows, those `[from, to)` enter here. */
  readonly from: number
  readonly to: number
  /**
   * The residual stream as it enters the layer (`hidden.<layer>`), of the rows before: row `0` of the newest committed token,
   * row `1 + node` of a node of the tree, then of the auxiliary rows that are there already; so that of a row's parent is
   * row `1 + parent`. Views: they last as long as `enter` does.
   */
  readonly states: OutputRows
}

/**
 * A drafter at work on one text; released with the scope it was opened in. A drafter that costs something rests where it does not
 * pay: rounds then pass that it is not asked in and shown nothing of, and only the history tells that the text has grown.
 */
export interface Draft {
  /** A tree of proposals under the newest token and rows to compute beside it; empty where there is nothing to say. */
  readonly plan: (budget: DraftBudget) => Effect<DraftPlan, DecodeFailure>
  /** The vectors of rows that enter behind the first layer, `[to - from, width]`; of drafters that plan such rows. */
  readonly enter?: (rows: EnteringRows) => Effect<Float32Array, DecodeFailure>
  /** Called once after every round that it was asked in, also when nothing was planned; the history already holds the outcome. */
  readonly observe: (outcome: DraftOutcome) => Effect<void, DecodeFailure>
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
  /** The fingerprint of the weights its trained parts were made for, where they say it. */
  readonly weightsFingerprint?: string
  /** Floats of the target's hidden rows that its trained parts were made for, where it has such. */
  readonly width?: number
  /** What it takes of the target beside tokens; a plugin also declares it as its needs (`targetNeeds`). */
  readonly uses?: TargetUse
  /**
   * What it runs to draft, in words that tell apart what costs differently (sizes, devices): its rounds are timed once for each.
   * Absent where planning takes next to nothing; such a drafter, if it uses nothing of the target, is asked in every round.
   */
  readonly work?: string
  /** How often its guesses were seen to be right, by level and rank: what is expected of it before it has drafted. */
  readonly accuracy?: Accuracy
  readonly open: (context: DraftContext) => Effect<Draft, DecodeFailure, Scope>
}

/** The kind `drafter`. */
export const DrafterKind: Kind<Drafter> = kind("drafter")
