import {
  build,
  collectText,
  type CommittedEvent,
  type Decoder,
  DecoderKind,
  type DecodeFailure,
  decodeText,
  type Event,
  type FinishedEvent,
  type InfillPiece,
  infillRequest,
  type PipelineError,
  type Plan,
  type ProvisionalEvent,
  validate,
} from "@parade/core"
import * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { canvasPreview } from "./canvas-preview.ts"
import { CommandError } from "./command-error.ts"
import { paintCommitted, summaryLine } from "./event-printer.ts"
import { notePaint, outPaint, outText, writeNote, writeOut } from "./output.ts"
import {
  answerLength,
  choiceOf,
  decodingFlags,
  optionalFlag,
  pipelineArgument,
  pipelineFlags,
} from "./pipeline-options.ts"
import { withProgress } from "./progress-bar.ts"
import { readInfill } from "./read-infill.ts"
import { readPipeline } from "./read-pipeline.ts"
import { type PromptChoice, promptIfAny, readPrompt } from "./read-prompt.ts"

const visible = (event: ProvisionalEvent): ProvisionalEvent => ({ ...event, text: outText(event.text) })

/** Prints text as it is committed, and the figures at the end if somebody is watching. */
export const printText = (
  events: Stream.Stream<Event, DecodeFailure>,
): Effect.Effect<FinishedEvent, DecodeFailure> => {
  const paint = outPaint()
  const preview =
    process.stdout.isTTY === true ? canvasPreview(() => process.stdout.columns, paint) : undefined
  let begun = false
  const printed = Stream.tap(events, (event) => {
    if (event.type === "committed") {
      const committed = event as CommittedEvent
      begun ||= committed.text !== ""
      return writeOut(`${preview?.committed(committed) ?? ""}${paintCommitted(committed, paint, outText)}`)
    }
    return preview !== undefined && event.type === "provisional"
      ? writeOut(preview.provisional(visible(event as ProvisionalEvent)))
      : Effect.void
  })
  return collectText(printed).pipe(
    Effect.tap(({ stats }) =>
      Effect.andThen(
        writeOut(`${preview?.end() ?? ""}\n`),
        process.stderr.isTTY === true ? writeNote(notePaint().dim(summaryLine(stats))) : Effect.void,
      ),
    ),
    // On a terminal what is said of a failure would go on in the line that the text broke off in.
    Effect.onError((cause) =>
      writeOut(
        `${preview?.end() ?? ""}${preview !== undefined && begun && !Cause.hasInterruptsOnly(cause) ? "\n" : ""}`,
      ),
    ),
  )
}

/** The decoder of a pipeline that has passed all checks. */
export const buildDecoder = (plan: Plan, base: string): Effect.Effect<Decoder, PipelineError, Scope> =>
  // The plan was checked to have a decoder at its root.
  build(plan, base) as Effect.Effect<Decoder, PipelineError, Scope>

/** What a model without a tokenizer says. */
const printTokens = (events: Stream.Stream<Event, DecodeFailure>): Effect.Effect<void, DecodeFailure> =>
  Stream.runForEach(events, (event) =>
    event.type === "committed" ? writeOut(`${(event as CommittedEvent).tokens.join("\n")}\n`) : Effect.void,
  )

const printJson = (events: Stream.Stream<Event, DecodeFailure>): Effect.Effect<void, DecodeFailure> =>
  Stream.runForEach(events, (event) => writeOut(`${JSON.stringify(event)}\n`))

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
const readQuestion = (
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

/** `parade run`. */
export const runCommand: Command.Command.Any = Command.make(
  "run",
  {
    pipeline: pipelineArgument,
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
    json: Flag.Boolean("json").pipe(
      Flag.withDescription("Print every event as a line of JSON; the last one has text and figures"),
      Flag.withDefault(false),
    ),
    ...decodingFlags,
    ...pipelineFlags,
  },
  (options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { value, base, registry, embedded } = yield* readPipeline(choiceOf(options))
        // Mistakes in the pipeline are told before anybody waits for a prompt.
        const plan = yield* validate(DecoderKind, value, registry)
        const ask = yield* readQuestion(options, embedded)
        const decoder = yield* withProgress("Loading", buildDecoder(plan, base))
        const events = ask(decoder)
        if (options.json) yield* printJson(events)
        else if (decoder.model.tokenizer === undefined) yield* printTokens(events)
        else yield* printText(events)
      }),
    ),
).pipe(
  Command.withDescription("Decode what follows a prompt"),
  Command.withExamples([
    {
      command: 'parade run --model ./SmolLM2-135M-Instruct --chat --prompt "Why is the sky blue?"',
      description: "Plain decoding with the model in a folder",
    },
    {
      command: "parade run examples/speculative-prompt-lookup.json --json < article.txt",
      description: "A pipeline, with events for programs",
    },
  ]),
)
