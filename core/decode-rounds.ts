import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { checkRequest } from "./_check-request.ts"
import { type Output, pullStream, type Round } from "./_pull.ts"
import type { DecodeFailure } from "./decoder.ts"
import { RequestError } from "./error.ts"
import type { Event } from "./event.ts"
import type { Model } from "./model.ts"
import type { Request } from "./request.ts"
import type { MutableSequence } from "./sequence.ts"
import { makeTranscript, type Transcript } from "./transcript.ts"

export type { Round } from "./_pull.ts"
export type { Proposals, RoundResult } from "./_tally.ts"

/** What a decoder is made of. */
export interface Decoding<S extends MutableSequence = MutableSequence> {
  readonly model: Model
  readonly request: Request
  /** Makes the sequence to start from, normally by `prefill`. */
  readonly prepare: Effect.Effect<S, DecodeFailure, Scope.Scope>
  /** Called once with it; gives the round that is then run until the text has ended. */
  readonly open: (sequence: S, transcript: Transcript) => Effect.Effect<Round, DecodeFailure, Scope.Scope>
}

const outputOf = (transcript: Transcript): Output => ({
  get text(): string {
    return transcript.text
  },
  tokens: transcript.tokens,
  get reason() {
    return transcript.reason
  },
  get committed(): number {
    return transcript.tokens.length
  },
  take() {
    const event = transcript.take()
    return event === undefined
      ? { events: [], committed: 0 }
      : { events: [event], committed: event.tokens.length }
  },
})

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
export const decodeRounds = <S extends MutableSequence>({
  model,
  request,
  prepare,
  open,
}: Decoding<S>): Stream.Stream<Event, DecodeFailure> => {
  const { target, stop } = request
  const maxTokens = target.kind === "continuation" ? target.maxTokens : 0
  return pullStream({
    request,
    target: { kind: "continuation", maxTokens },
    problem: () =>
      target.kind === "continuation"
        ? checkRequest(model, request)
        : new RequestError({
            code: "request.unknown-target",
            path: "target.kind",
            message: `This decoder cannot make a ${String(target.kind)}.`,
            advice: "It decodes from left to right; a canvas needs a masked-diffusion decoder.",
          }),
    prefills: true,
    begin: (tally) =>
      Effect.gen(function* () {
        const sequence = yield* prepare
        tally.prefilled(performance.now())
        const transcript = makeTranscript(model, { maxTokens, stop }, sequence)
        const round = transcript.reason === undefined ? yield* open(sequence, transcript) : Effect.never
        return { output: outputOf(transcript), round }
      }),
  })
}
