import { DecodeError } from "./error.ts"
import type { ProposalCounts, RoundEvent, Stats } from "./event.ts"

/** What became of the tokens one proposer drafted in a round; those not accepted or rejected were never reached. */
export interface Proposals {
  readonly proposer: string
  readonly proposed: number
  /** Those that were committed. */
  readonly accepted: number
  readonly rejected: number
}

/** What a round took. */
export interface RoundResult {
  /** Forwards of the target. */
  readonly forwards: number
  /** Rows it computed in them. */
  readonly rows: number
  readonly proposals: readonly Proposals[]
  /** Anything else the method counts. */
  readonly counters?: Readonly<Record<string, number>>
}

/** Adds up the rounds of a text. Times are in milliseconds of one clock. */
export interface Tally {
  readonly start: (now: number) => void
  readonly prefilled: (now: number) => void
  /**
   * @throws DecodeError `decode.inconsistent-round` where the counts cannot be.
   */
  readonly round: (result: RoundResult, committed: number, milliseconds: number) => RoundEvent
  readonly stats: (promptTokens: number, tokens: number, now: number) => Stats
}

const broken = (code: string, message: string): DecodeError =>
  new DecodeError({ code: `decode.${code}`, message, fault: "bug" })

const check = ({ proposals }: RoundResult, committed: number): void => {
  let accepted = 0
  for (const each of proposals) {
    if (each.accepted + each.rejected > each.proposed)
      throw broken(
        "inconsistent-round",
        `${each.accepted} accepted and ${each.rejected} rejected are more than ${each.proposed} proposed.`,
      )
    accepted += each.accepted
  }
  if (accepted > committed)
    throw broken("inconsistent-round", `${accepted} tokens were accepted, ${committed} committed.`)
}

const ratio = (a: number, b: number): number => (b > 0 ? a / b : 0)

/** `prefilled`: a prefill comes first, whose last forward the first round reads: it pays for the first token. */
export const makeTally = (prefilled: boolean): Tally => {
  let startedAt = 0
  let prefilledAt = 0
  let rounds = 0
  let forwards = prefilled ? 1 : 0
  let rows = 0
  const counters: Record<string, number> = {}
  const proposers = new Map<string, { proposed: number; accepted: number; rejected: number }>()

  return {
    start: (now) => {
      startedAt = now
    },
    prefilled: (now) => {
      prefilledAt = now
    },
    round(result, committed, milliseconds) {
      check(result, committed)
      let proposed = 0
      let accepted = 0
      let rejected = 0
      for (const each of result.proposals) {
        proposed += each.proposed
        accepted += each.accepted
        rejected += each.rejected
        const sum = proposers.get(each.proposer) ?? { proposed: 0, accepted: 0, rejected: 0 }
        sum.proposed += each.proposed
        sum.accepted += each.accepted
        sum.rejected += each.rejected
        proposers.set(each.proposer, sum)
      }
      for (const name in result.counters) counters[name] = (counters[name] ?? 0) + result.counters[name]!
      forwards += result.forwards
      rows += result.rows
      const event: RoundEvent = {
        type: "round",
        index: rounds++,
        forwards: result.forwards,
        rows: result.rows,
        proposed,
        accepted,
        rejected,
        unreached: proposed - accepted - rejected,
        appended: committed - accepted,
        milliseconds,
      }
      return result.counters === undefined ? event : { ...event, counters: result.counters }
    },
    stats(promptTokens, tokens, now) {
      let proposed = 0
      let accepted = 0
      for (const sum of proposers.values()) {
        proposed += sum.proposed
        accepted += sum.accepted
      }
      const byProposer = Object.fromEntries(
        Array.from(proposers, ([proposer, sum]): [string, ProposalCounts] => [
          proposer,
          { ...sum, unreached: sum.proposed - sum.accepted - sum.rejected },
        ]),
      )
      const decodeMs = now - prefilledAt
      return {
        promptTokens,
        tokens,
        forwards,
        rows,
        rounds,
        proposed,
        accepted,
        tokensPerForward: ratio(tokens, forwards),
        meanAcceptanceLength: ratio(tokens, rounds),
        prefillMs: prefilledAt - startedAt,
        decodeMs,
        tokensPerSecond: ratio(Math.max(0, prefilled ? tokens - 1 : tokens) * 1000, decodeMs),
        byProposer,
        ...(Object.keys(counters).length === 0 ? {} : { counters: { ...counters } }),
      }
    },
  }
}
