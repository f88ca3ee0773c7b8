import {
  build,
  collectText,
  type CommittedEvent,
  type Decoder,
  DecoderKind,
  type DecodeFailure,
  type Event,
  type FinishedEvent,
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
import { paintCommitted, summaryLine } from "./event-printer.ts"
import { canRedraw, notePaint, outPaint, outText, writeNote, writeOut } from "./output.ts"
import { choiceOf, decodingFlags, pipelineArgument, pipelineFlags } from "./pipeline-options.ts"
import { withProgress } from "./progress-bar.ts"
import { questionFlags, readQuestion } from "./question.ts"
import { readPipeline } from "./read-pipeline.ts"

const visible = (event: ProvisionalEvent): ProvisionalEvent => ({ ...event, text: outText(event.text) })

/** Prints text as it is committed, and the figures at the end if somebody is watching. */
export const printText = (
  events: Stream.Stream<Event, DecodeFailure>,
): Effect.Effect<FinishedEvent, DecodeFailure> => {
  const paint = outPaint()
  const preview = canRedraw(process.stdout) ? canvasPreview(() => process.stdout.columns, paint) : undefined
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
export const printTokens = (
  events: Stream.Stream<Event, DecodeFailure>,
): Effect.Effect<void, DecodeFailure> =>
  Stream.runForEach(events, (event) =>
    event.type === "committed" ? writeOut(`${(event as CommittedEvent).tokens.join("\n")}\n`) : Effect.void,
  )

const printJson = (events: Stream.Stream<Event, DecodeFailure>): Effect.Effect<void, DecodeFailure> =>
  Stream.runForEach(events, (event) => writeOut(`${JSON.stringify(event)}\n`))

/** `parade run`. */
export const runCommand: Command.Command.Any = Command.make(
  "run",
  {
    pipeline: pipelineArgument,
    ...questionFlags,
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
