import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DecodeFailure, Decoder } from "./decoder.ts"
import { DecodeError, RequestError } from "./error.ts"
import type { Event, FinishedEvent } from "./event.ts"
import type { Request, StopRules } from "./request.ts"
import type { ChatMessage } from "./tokenizer.ts"

/** How a text is to be decoded. */
export interface TextOptions {
  /** Tokens at most; 256 by default. */
  readonly maxTokens?: number
  readonly stop?: StopRules
  /** 0 by default. */
  readonly seed?: number
}

/** A text prompt, or a conversation in the words of the model's chat template, as a request. */
export const textRequest = (
  decoder: Decoder,
  prompt: string | readonly ChatMessage[],
  options: TextOptions = {},
): Effect.Effect<Request, RequestError> =>
  Effect.gen(function* () {
    const { tokenizer } = decoder.model
    if (tokenizer === undefined)
      return yield* Effect.fail(
        new RequestError({
          code: "request.no-tokenizer",
          message: "This model has no tokenizer to read a text with.",
          advice: "Give the prompt as tokens.",
        }),
      )
    // A template writes the special tokens itself.
    const tokens =
      typeof prompt === "string"
        ? tokenizer.encode(prompt)
        : tokenizer.encode(yield* tokenizer.applyChatTemplate(prompt), { addSpecialTokens: false })
    return {
      prompt: [{ tokens }],
      target: { kind: "continuation", maxTokens: options.maxTokens ?? 256 },
      seed: options.seed ?? 0,
      ...(options.stop === undefined ? {} : { stop: options.stop }),
    }
  })

/**
 * Decodes what follows a text, or the answer in a conversation.
 *
 * @example
 * ```ts
 * import { type Decoder, decodeText, toAsyncIterable } from "@parade/core"
 *
 * const print = async (decoder: Decoder): Promise<void> => {
 *   for await (const event of toAsyncIterable(decodeText(decoder, "Once upon a time", { maxTokens: 40 })))
 *     if (event.type === "committed") process.stdout.write(event.text)
 * }
 * ```
 */
export const decodeText = (
  decoder: Decoder,
  prompt: string | readonly ChatMessage[],
  options?: TextOptions,
): Stream.Stream<Event, DecodeFailure> =>
  Stream.unwrap(Effect.map(textRequest(decoder, prompt, options), (request) => decoder.decode(request)))

/** Runs a stream of events to its end and gives the last one: text, tokens, reason and figures. */
export const collectText = <E, R>(
  events: Stream.Stream<Event, E, R>,
): Effect.Effect<FinishedEvent, E | DecodeError, R> =>
  Effect.flatMap(
    Stream.runFold(
      events,
      (): FinishedEvent | undefined => undefined,
      (found, event) => (event.type === "finished" ? (event as FinishedEvent) : found),
    ),
    (finished) =>
      finished === undefined
        ? Effect.fail(
            new DecodeError({
              code: "decode.unfinished",
              message: "The events ended without a `finished`.",
              fault: "bug",
            }),
          )
        : Effect.succeed(finished),
  )

/**
 * Events for `for await`. Leaving the loop early interrupts decoding and releases what it holds; a failure is thrown
 * as the `ParadeError` it is.
 */
export const toAsyncIterable = <E>(events: Stream.Stream<Event, E>): AsyncIterable<Event> =>
  Stream.toAsyncIterable(events)
