import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { DecodeFailure, Decoder } from "./decoder.ts"
import { DecodeError, RequestError } from "./error.ts"
import type { Event, FinishedEvent } from "./event.ts"
import type { Model } from "./model.ts"
import type { PromptCache } from "./prompt-cache.ts"
import type { FixedTokens, Request, StopRules } from "./request.ts"
import type { ChatMessage, EncodeOptions } from "./tokenizer.ts"

/** How a text is to be decoded. */
export interface TextOptions {
  /** Tokens at most; 256 by default. */
  readonly maxTokens?: number
  readonly stop?: StopRules
  /** 0 by default. */
  readonly seed?: number
  readonly promptCache?: PromptCache
}

const noTokenizer = (): RequestError =>
  new RequestError({
    code: "request.no-tokenizer",
    path: "prompt",
    message: "This model has no tokenizer to read a text with.",
    advice: "Give the prompt as tokens.",
  })

/** The tokens of a text. A tokenizer may know more than the model has: added ones that the model was never given. */
const encode = (
  { tokenizer, info: { vocabularySize } }: Model,
  text: string,
  options?: EncodeOptions,
): Effect.Effect<Int32Array, RequestError> =>
  Effect.suspend(() => {
    if (tokenizer === undefined) return Effect.fail(noTokenizer())
    const tokens = tokenizer.encode(text, options)
    const unknown = tokens.find((token) => token >= vocabularySize)
    if (unknown === undefined) return Effect.succeed(tokens)
    return Effect.fail(
      new RequestError({
        code: "request.unknown-token",
        path: "prompt",
        message: `The tokenizer writes ${JSON.stringify(tokenizer.idToToken(unknown) ?? "a part of it")} as token ${unknown}; the model's ids end at ${vocabularySize - 1}.`,
        advice: "Leave it out of the text, or give the model the tokenizer that it was trained with.",
      }),
    )
  })

/** The tokens of a text, or of a conversation in the words of the model's chat template. */
const promptTokens = (
  { model }: Decoder,
  prompt: string | readonly ChatMessage[],
): Effect.Effect<Int32Array, RequestError> => {
  if (typeof prompt === "string") return encode(model, prompt)
  const { tokenizer } = model
  if (tokenizer === undefined) return Effect.fail(noTokenizer())
  // A template writes the special tokens itself.
  return Effect.flatMap(tokenizer.applyChatTemplate(prompt), (text) =>
    encode(model, text, { addSpecialTokens: false }),
  )
}

/** A text prompt, or a conversation in the words of the model's chat template, as a request. */
export const textRequest = (
  decoder: Decoder,
  prompt: string | readonly ChatMessage[],
  options: TextOptions = {},
): Effect.Effect<Request, RequestError> =>
  Effect.map(promptTokens(decoder, prompt), (tokens) => ({
    prompt: [{ tokens }],
    target: { kind: "continuation", maxTokens: options.maxTokens ?? 256 },
    seed: options.seed ?? 0,
    ...(options.promptCache === undefined ? {} : { promptCache: options.promptCache }),
    ...(options.stop === undefined ? {} : { stop: options.stop }),
  }))

/** How a text with holes is to be filled in. */
export interface InfillOptions extends Omit<TextOptions, "maxTokens"> {
  /** What stands before it, or the conversation whose answer it is: then all of the text is on the canvas. */
  readonly prompt?: string | readonly ChatMessage[]
}

/** A piece of a text with gaps: text that stands, or so many tokens to be filled in. */
export type InfillPiece = string | { readonly hole: number }

/**
 * A text with holes as a request: what stands before the first hole is the prompt, where no other is given, the rest a canvas
 * whose text is the output. Fails with `request.empty-prompt` where nothing precedes the first hole, `request.no-holes` where
 * there is none.
 *
 * @example
 * ```ts
 * import { type Decoder, infillRequest, type Request } from "@parade/core"
 * import * as Effect from "effect/Effect"
 *
 * const ask = (decoder: Decoder): Promise<Request> =>
 *   Effect.runPromise(infillRequest(decoder, ["The cat ", { hole: 4 }, " on the mat."]))
 * ```
 */
export const infillRequest = (
  decoder: Decoder,
  pieces: readonly InfillPiece[],
  options: InfillOptions = {},
): Effect.Effect<Request, RequestError> =>
  Effect.gen(function* () {
    const first = pieces.findIndex((piece) => typeof piece !== "string")
    const start = options.prompt !== undefined ? 0 : first < 0 ? pieces.length : first
    const prompt = yield* promptTokens(decoder, options.prompt ?? pieces.slice(0, start).join(""))
    const fixed: FixedTokens[] = []
    let length = 0
    for (const piece of pieces.slice(start))
      if (typeof piece === "string") {
        const tokens = yield* encode(decoder.model, piece, { addSpecialTokens: false })
        fixed.push({ at: length, tokens })
        length += tokens.length
      } else length += piece.hole
    if (first < 0 || fixed.reduce((left, { tokens }) => left - tokens.length, length) === 0)
      return yield* Effect.fail(
        new RequestError({
          code: "request.no-holes",
          path: "target",
          message: "There is nothing to fill in.",
          advice: "Leave a hole for at least one token: { hole: 8 } in code, [[8]] on the command line.",
        }),
      )
    return {
      prompt: [{ tokens: prompt }],
      target: { kind: "canvas" as const, length, fixed },
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
