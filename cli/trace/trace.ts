import type {
  CommittedEvent,
  CutEvent,
  Event,
  FinishedEvent,
  ProvisionalEvent,
  RoundEvent,
  StartedEvent,
} from "@parade/core"

/** A token that came to stand. */
export interface TracedToken {
  readonly id: number
  /** Its index in the output. */
  readonly place: number
  /** The round it came to stand in, from 0. */
  readonly round: number
  /** Who proposed it; `null` the model itself, `given` the request. */
  readonly proposer: string | null
}

/** A round, and what stood in it for the time being. */
export interface TracedRound {
  readonly event: RoundEvent
  readonly provisional: readonly { readonly id: number; readonly place: number }[]
}

/** How a text came about. */
export interface Trace {
  readonly started: StartedEvent
  readonly finished: FinishedEvent
  readonly rounds: readonly TracedRound[]
  /** Those that stand in the end, in the order of their places. */
  readonly tokens: readonly TracedToken[]
  /** Those that stood behind where the text was cut. */
  readonly cut: readonly TracedToken[]
}

/** Gathers a trace from the events of a decoder; there is one once the text is finished. */
export const traceCollector = (): {
  readonly take: (event: Event) => void
  readonly trace: () => Trace | undefined
} => {
  let started: StartedEvent | undefined
  let finished: FinishedEvent | undefined
  const rounds: TracedRound[] = []
  let tokens: TracedToken[] = []
  const cut: TracedToken[] = []
  let provisional: TracedRound["provisional"] = []
  const placed = ({ position, tokens: ids }: Pick<ProvisionalEvent, "position" | "tokens">) =>
    Array.from(ids, (id, i) => ({ id, place: position + i }))
  return {
    take(event) {
      switch (event.type) {
        case "started":
          started = event as StartedEvent
          break
        case "committed": {
          const committed = event as CommittedEvent
          for (const [i, token] of placed(committed).entries())
            tokens.push({ ...token, round: rounds.length, proposer: committed.proposers[i] ?? null })
          break
        }
        case "provisional":
          provisional = placed(event as ProvisionalEvent)
          break
        case "cut": {
          const { position } = event as CutEvent
          cut.push(...tokens.filter(({ place }) => place >= position))
          tokens = tokens.filter(({ place }) => place < position)
          break
        }
        case "round": {
          const stands = new Set(tokens.map(({ place }) => place))
          const open = provisional.filter(({ place }) => !stands.has(place))
          rounds.push({ event: event as RoundEvent, provisional: open })
          provisional = []
          break
        }
        case "finished":
          finished = event as FinishedEvent
          break
      }
    },
    trace: () =>
      started === undefined || finished === undefined
        ? undefined
        : { started, finished, rounds, tokens: tokens.toSorted((a, b) => a.place - b.place), cut },
  }
}
