import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { makeTally, type RoundResult, type Tally } from "./_tally.ts"
import type { DecodeFailure } from "./decoder.ts"
import { DecodeError, isParadeError, type RequestError } from "./error.ts"
import { type Event, eventVersion, type FinishReason, type StartedTarget } from "./event.ts"
import type { Request } from "./request.ts"

/** One round of decoding: commits at least one token, and says what that took. */
export type Round = Effect.Effect<RoundResult, DecodeFailure>

/** What rounds add to: a text or a canvas. */
export interface Output {
  readonly text: string
  readonly tokens: readonly number[]
  readonly reason: FinishReason | undefined
  /** Tokens committed so far that count. */
  readonly committed: number
  /** What happened since it was last asked for: its events, and how many tokens were committed. */
  readonly take: () => { readonly events: readonly Event[]; readonly committed: number }
}

/** A decoding under way. */
export interface Running {
  readonly output: Output
  readonly round: Round
}

export interface Pulled {
  readonly request: Request
  readonly target: StartedTarget
  /** What is wrong with the request, if anything; asked before anything is acquired. */
  readonly problem: () => RequestError | undefined
  /** Whether a prefill comes before the rounds. */
  readonly prefills: boolean
  /** Acquires what the rounds need, each time that the stream is run. */
  readonly begin: (tally: Pick<Tally, "prefilled">) => Effect.Effect<Running, DecodeFailure, Scope.Scope>
}

type Events = [Event, ...Event[]]

/** The longest time in which nothing else of the process gets a turn, beside a forward: an interruption, a timer. */
const patienceMs = 4

/** A failure that plain code threw is a failure of the stream; anything else thrown stays a defect. */
const asFailure = (defect: unknown): Effect.Effect<never, DecodeFailure> =>
  isParadeError(defect) ? Effect.fail(defect as DecodeFailure) : Effect.die(defect)

const promptTokens = (request: Request): number =>
  request.prompt.reduce((sum, part) => sum + ("tokens" in part ? part.tokens.length : part.rows), 0)

/** The events of rounds: `started`, what each round brings as one chunk, `finished`. */
export const pullStream = (pulled: Pulled): Stream.Stream<Event, DecodeFailure> =>
  Stream.fromChannel(
    Channel.fromTransformBracket((_upstream, _outer, scope) => Effect.sync(() => makePull(pulled, scope))),
  )

const makePull = (
  { request, target, problem, prefills, begin }: Pulled,
  scope: Scope.Scope,
): Effect.Effect<Events, DecodeFailure | Cause.Done> => {
  const tally = makeTally(prefills)
  let lastYield = 0

  const start = Effect.suspend((): Effect.Effect<Events, DecodeFailure> => {
    const wrong = problem()
    if (wrong !== undefined) return Effect.fail(wrong)
    next = first
    return Effect.succeed([
      { type: "started", version: eventVersion, target, promptTokens: promptTokens(request) },
    ])
  })

  const first = Effect.gen(function* () {
    tally.start(performance.now())
    const { output, round } = yield* begin(tally)
    next = rounds(output, round)
    // What was given is there before any round.
    const [event, ...more] = output.take().events
    return event === undefined ? yield* next : ([event, ...more] satisfies Events)
  }).pipe(Effect.provideService(Scope.Scope, scope))

  const rounds = (output: Output, round: Round): Effect.Effect<Events, DecodeFailure | Cause.Done> => {
    let before = 0
    const one = Effect.map(round, (result): Events => {
      const { events, committed } = output.take()
      if (committed === 0 && !events.some(({ type }) => type === "cut"))
        throw new DecodeError({
          code: "decode.no-progress",
          message: "A round committed no token.",
          fault: "bug",
        })
      const event = tally.round(result, committed, performance.now() - before)
      return [...events, event] as unknown as Events
    })
    const timed = Effect.suspend(() => {
      before = performance.now()
      return one
    })
    return Effect.suspend(() => {
      if (output.reason !== undefined) {
        next = Cause.done()
        const { text, tokens, reason, committed } = output
        const stats = tally.stats(promptTokens(request), committed, performance.now())
        const finished: Event = { type: "finished", text, tokens, reason, stats }
        return Effect.succeed<Events>([finished])
      }
      const now = performance.now()
      if (now - lastYield < patienceMs) return timed
      lastYield = now
      return Effect.andThen(Effect.yieldNow, timed)
    })
  }

  let next: Effect.Effect<Events, DecodeFailure | Cause.Done> = start
  return Effect.catchDefect(
    Effect.suspend(() => next),
    asFailure,
  )
}
