import {
  type Decoder,
  type DecodeFailure,
  decodeText,
  type Event,
  type InfillPiece,
  infillRequest,
} from "@parade/core"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { CommandError } from "./command-error.ts"
import { writeNote } from "./output.ts"
import { answerLength, optionalFlag } from "./pipeline-options.ts"
import { readInfill } from "./read-infill.ts"
import { type PromptChoice, promptIfAny, readPrompt } from "./read-prompt.ts"

/** Flags that say what a decoder is asked. */
export const questionFlags: {
  readonly prompt: Flag.Flag<string | undefined>
  readonly promptFile: Flag.Flag<string | undefined>
  readonly tokens: Flag.Flag<string | undefined>
  readonly infill: Flag.Flag<string | undefined>
  readonly chat: Flag.Flag<boolean>
} = {
  prompt: optionalFlag(
    Flag.String("prompt").pipe(Flag.withAlias("p"), Flag.withMetavar("TEXT")),
    "The prompt; standard input without it",
  ),
  promptFile: optionalFlag(
    Flag.String("prompt-file").pipe(Flag.withMetavar("FILE")),
    "A file with the prompt",
  ),
  tokens: optionalFlag(
    Flag.String("tokens").pipe(Flag.withMetavar("1,2,3")),
    "The prompt as token ids, for models without a tokenizer; the answer comes as ids too",
  ),
  infill: optionalFlag(
    Flag.String("infill").pipe(Flag.withMetavar("TEXT")),
    "A text with holes, behind the prompt if there is one: [[8]] stands for 8 tokens to be filled in; without --max-tokens",
  ),
  chat: Flag.Boolean("chat").pipe(
    Flag.withDescription("Put the prompt in the model's chat template, as what the user says"),
    Flag.withDefault(false),
  ),
}

interface DecodeOptions {
  readonly maxTokens: number | undefined
  readonly seed: number
  readonly chat: boolean
}

const decode = (
  decoder: Decoder,
  prompt: string | readonly number[],
  { maxTokens: asked, seed, chat }: DecodeOptions,
): Stream.Stream<Event, DecodeFailure> => {
  const maxTokens = answerLength(decoder.model, asked)
  return typeof prompt === "string"
    ? decodeText(decoder, chat ? [{ role: "user", content: prompt }] : prompt, { maxTokens, seed })
    : decoder.decode({ prompt: [{ tokens: prompt }], target: { kind: "continuation", maxTokens }, seed })
}

/** A text with holes, alone or as what follows a prompt that is a text. */
const infill = (
  decoder: Decoder,
  pieces: readonly InfillPiece[],
  prompt: string | undefined,
  { seed, chat }: DecodeOptions,
): Stream.Stream<Event, DecodeFailure> => {
  const asked = prompt === undefined ? {} : { prompt: chat ? [{ role: "user", content: prompt }] : prompt }
  return Stream.unwrap(
    Effect.map(infillRequest(decoder, pieces, { seed, ...asked }), (request) => decoder.decode(request)),
  )
}

/** What embedded models are asked where nobody asks anything and they say nothing else: a task that they have learnt. */
const commonPrompt = "reverse: K T A W B R Q F"

const askExample = (decoder: Decoder, options: DecodeOptions): Stream.Stream<Event, DecodeFailure> => {
  const prompt = decoder.model.info.examplePrompt ?? commonPrompt
  const note = writeNote(`Without a prompt the embedded model is asked: ${prompt}`)
  return Stream.unwrap(Effect.as(note, decode(decoder, prompt, { ...options, chat: true })))
}

/** What is asked of a decoder: to go on from a prompt, or to fill in holes. */
export const readQuestion = (
  options: PromptChoice & DecodeOptions & { readonly infill: string | undefined },
  embedded: boolean,
): Effect.Effect<(decoder: Decoder) => Stream.Stream<Event, DecodeFailure>, CommandError> =>
  Effect.gen(function* () {
    if (options.infill === undefined) {
      const prompt = yield* embedded ? promptIfAny(options) : readPrompt(options)
      if (options.chat && prompt !== undefined && typeof prompt !== "string")
        return yield* Effect.fail(
          new CommandError({
            code: "command.chat-of-tokens",
            message: "A chat template takes a text; --tokens go to the model as they are.",
            advice: "Leave out --chat, or give the text by --prompt.",
          }),
        )
      if (prompt !== undefined) return (decoder) => decode(decoder, prompt, options)
      return (decoder) => askExample(decoder, options)
    }
    if (options.maxTokens !== undefined)
      return yield* Effect.fail(
        new CommandError({
          code: "command.infill-length",
          message: "A text with holes is as long as it is; --max-tokens has no say in it.",
          advice: "Leave --max-tokens out: each hole says how many tokens fill it.",
        }),
      )
    const pieces = yield* readInfill(options.infill)
    // Without a prompt standard input is not waited for: what stands before the first hole is one.
    const { prompt, promptFile, tokens, chat } = options
    const asked = prompt === undefined && promptFile === undefined && tokens === undefined && !chat
    const text = asked ? undefined : yield* readPrompt(options)
    if (text !== undefined && typeof text !== "string")
      return yield* Effect.fail(
        new CommandError({
          code: "command.two-prompts",
          message: "A text with holes does not follow token ids.",
          advice: "Give --prompt or --prompt-file, or the text alone.",
        }),
      )
    return (decoder) => infill(decoder, pieces, text, options)
  })
