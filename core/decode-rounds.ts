import * as Cause from "effect/Cause"
import * as Channel from "effect/Channel"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { checkRequest } from "./_check-request.ts"
import { makeTally, type RoundResult } from "./_tally.ts"
import type { DecodeFailure } from "./decoder.ts"
import { isParadeError } from "./error.ts"
import { type Event, eventVersion } from "./event.ts"
import type { Model } from "./model.ts"
import type { Request } from "./request.ts"
import type { MutableSequence } from "./sequence.ts"
import { makeTranscript, type Transcript } from "./transcript.ts"

export type { Proposals, RoundResult } from "./_tally.ts"

/** One round of decoding: appends to the transcript at least one token, and says what that took. */
export type Round = Effect.Effect<RoundResult, DecodeFailure>

/** What a decoder is made of. */
export interface Decoding {
  readonly model: Model
  readonly request: Request
  /** Makes the sequence to start from, normally by `prefill`. */
  readonly prepare: Effect.Effect<MutableSequence, DecodeFailure, Scope.Scope>
  /** Called once with it; gives the round that is then run until the text has ended. */
  readonly open: (
    sequence: MutableSequence,
    transcript: Transcript,
  ) => Effect.Effect<Round, DecodeFailure, Scope.Scope>
}

type Events = [Event, ...Event[]]

/** The longest time in which nothing else of the process gets a turn, beside a forward: an interruption, a timer. */
const patienceMs = 4

/** A failure that plain code threw is a failure of the stream; anything else thrown stays a defect. */
const asFailure = (defect: unknown): Effect.Effect<never, DecodeFailure> =>
  isParadeError(defect) ? Effect.fail(defect as DecodeFailure) : Effect.die(defect)

const promptTokens = (request: Request): number =>
  request.prompt.reduce((sum, part) => sum + ("tokens" in part ? part.tokens.length : part.rows), 0)

/**
 * The event stream of a decoder from its rounds: `started`, then `committed` and `round` for each round as one chunk,
 * `finished` at the end. What `prepare` and `open` acquired is released when the stream ends, fails or is
 * interrupted. A `ParadeError` thrown by plain code (a sampler, a verifier) fails the stream like any other.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { advance, type CacheFactory, decodeRounds, type Decoder, type Model, prefill } from "@parade/core"
 *
 * const greedy = (model: Model, caches: CacheFactory): Decoder => ({
 *   model,
 *   decode: (request) =>
 *     decodeRounds({
 *       model,
 *       request,
 *       prepare: prefill(model, caches, request.prompt),
 *       open: (sequence, transcript) =>
 *         Effect.succeed(
 *           Effect.map(advance(model, sequence), (rows) => {
 *             const logits = sequence.outputs!["logits"]!.row(0)
 *             transcript.append([logits.indexOf(Math.max(...logits))])
 *             return { forwards: rows > 0 ? 1 : 0, rows, proposals: [] }
 *           }),
 *         ),
 *     }),
 * })
 * ```
 */
export const decodeRounds = (decoding: Decoding): Stream.Stream<Event, DecodeFailure> =>
  Stream.fromChannel(
    Channel.fromTransformBracket((_upstream, _outer, scope) => Effect.sync(() => makePull(decoding, scope))),
  )

const makePull = (
  { model, request, prepare, open }: Decoding,
  scope: Scope.Scope,
): Effect.Effect<Events, DecodeFailure | Cause.Done> => {
  const { maxTokens } = request.target
  const tally = makeTally()
  let lastYield = 0

  const start = Effect.suspend((): Effect.Effect<Events, DecodeFailure> => {
    const problem = checkRequest(model, request)
    if (problem !== undefined) return Effect.fail(problem)
    next = begin
    const target = { kind: "continuation", maxTokens } as const
    return Effect.succeed([
      { type: "started", version: eventVersion, target, promptTokens: promptTokens(request) },
    ])
  })

  const begin = Effect.gen(function* () {
    tally.start(performance.now())
    const sequence = yield* prepare
    tally.prefilled(performance.now())
    const transcript = makeTranscript(model, request, sequence)
    const round = transcript.reason === undefined ? yield* open(sequence, transcript) : Effect.never
    next = rounds(transcript, round)
    return yield* next
  }).pipe(Effect.provideService(Scope.Scope, scope))

  const rounds = (
    transcript: Transcript,
    round: Round,
  ): Effect.Effect<Events, DecodeFailure | Cause.Done> => {
    let before = 0
    const one = Effect.map(round, (result): Events => {
      const committed = transcript.take()
      const event = tally.round(result, committed?.tokens.length ?? 0, performance.now() - before)
      return committed === undefined ? [event] : [committed, event]
    })
    const timed = Effect.suspend(() => {
      before = performance.now()
      return one
    })
    return Effect.suspend(() => {
      if (transcript.reason !== undefined) {
        next = Cause.done()
        const { text, tokens, reason } = transcript
        const stats = tally.stats(promptTokens(request), tokens.length, performance.now())
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
