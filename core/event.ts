import type { CanvasTarget, ContinuationTarget } from "./request.ts"

/** Version of the JSON form of the event stream; readers refuse a `started` with a higher one. */
export const eventVersion = 1

/** Drafted tokens of one proposer: `proposed = accepted + rejected + unreached`. */
export interface ProposalCounts {
  readonly proposed: number
  readonly accepted: number
  readonly rejected: number
  readonly unreached: number
}

/** The figures of a finished text. */
export interface Stats {
  readonly promptTokens: number
  /** Tokens committed after the prompt, without those given and those behind a cut. */
  readonly tokens: number
  /** Forwards of the target model whose logits were read, a prefill's last one among them. */
  readonly forwards: number
  /** Rows the target computed in those forwards, not counting the prompt's. */
  readonly rows: number
  readonly rounds: number
  readonly proposed: number
  readonly accepted: number
  readonly tokensPerForward: number
  /** `tokens / rounds`. */
  readonly meanAcceptanceLength: number
  /** Until the logits of the last prompt row were there. */
  readonly prefillMs: number
  /** From then to the end. */
  readonly decodeMs: number
  /** `tokens`, without the first where the prefill paid for it, per second of `decodeMs`. */
  readonly tokensPerSecond: number
  readonly byProposer: Readonly<Record<string, ProposalCounts>>
  /** The sums of what rounds counted beside; absent where none did. */
  readonly counters?: Readonly<Record<string, number>>
}

/**
 * Why a text ended; `contextLength`: the context has no row left to go on from; `complete`: all of a canvas that was
 * asked for is filled.
 */
export type FinishReason =
  | "endToken"
  | "stopToken"
  | "stopString"
  | "maxTokens"
  | "contextLength"
  | "complete"

/** What is to be made; the fixed tokens of a canvas come as `committed`. */
export type StartedTarget = ContinuationTarget | Omit<CanvasTarget, "fixed">

export interface StartedEvent {
  readonly type: "started"
  readonly version: number
  readonly target: StartedTarget
  readonly promptTokens: number
}

/**
 * Tokens that will not change. `text` is what became certain with them; it may lag behind the tokens: text goes up to
 * the first gap, so that tokens of a canvas behind a gap come without, and those that close it bring more than theirs.
 */
export interface CommittedEvent {
  readonly type: "committed"
  readonly tokens: readonly number[]
  /** Index of the first of them in the output. */
  readonly position: number
  readonly text: string
  /** Per token: who proposed it, `null` where the model itself did, `given` where it was fixed by the request. */
  readonly proposers: readonly (string | null)[]
  /** Per token: the length of `text` after it, so that a reader can colour by proposer. */
  readonly ends: readonly number[]
}

/** Tokens that may still change: what stands at `position` and after in the output. */
export interface ProvisionalEvent {
  readonly type: "provisional"
  readonly tokens: readonly number[]
  readonly position: number
  readonly text: string
}

/** The output ends at `position`: what was committed behind it is void. Never before text that was shown. */
export interface CutEvent {
  readonly type: "cut"
  readonly position: number
}

/** One round: `tokens = accepted + appended`, `proposed = accepted + rejected + unreached`. */
export interface RoundEvent {
  readonly type: "round"
  readonly index: number
  readonly forwards: number
  readonly rows: number
  readonly proposed: number
  readonly accepted: number
  readonly rejected: number
  readonly unreached: number
  readonly appended: number
  /** Wall time of the round. */
  readonly milliseconds: number
  /** Anything else a method counts (drafter forwards, branches). */
  readonly counters?: Readonly<Record<string, number>>
}

export interface FinishedEvent {
  readonly type: "finished"
  readonly text: string
  readonly tokens: readonly number[]
  readonly reason: FinishReason
  readonly stats: Stats
}

/** An event of a package, named `package/…`; readers ignore the ones they do not know. */
export interface PackageEvent {
  readonly type: `${string}/${string}`
  readonly [field: string]: unknown
}

/** What a decoder gives; streaming, server, trace, bench and tests read nothing but this. */
export type Event =
  | StartedEvent
  | CommittedEvent
  | ProvisionalEvent
  | CutEvent
  | RoundEvent
  | FinishedEvent
  | PackageEvent
