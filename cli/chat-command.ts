import * as readline from "node:readline"
import {
  type ChatMessage,
  type CommittedEvent,
  type Decoder,
  DecoderKind,
  decodeText,
  makePromptCache,
  type RequestError,
  type TextOptions,
  validate,
} from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import * as Stream from "effect/Stream"
import { CommandError } from "./command-error.ts"
import { notePaint, noteText, writeNote, writeOut } from "./output.ts"
import {
  answerLength,
  choiceOf,
  decodingFlags,
  optionalFlag,
  pipelineArgument,
  pipelineFlags,
} from "./pipeline-options.ts"
import { withProgress } from "./progress-bar.ts"
import { readPipeline } from "./read-pipeline.ts"
import { buildDecoder, printText } from "./run-command.ts"
import { stoppable } from "./stoppable.ts"

/** Lines from standard input; `undefined` at its end. */
type ReadLine = Effect.Effect<string | undefined>

const openLines: Effect.Effect<ReadLine, never, Scope> = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const terminal = process.stdin.isTTY === true && process.stderr.isTTY === true
      // The prompt is for people, so it goes where it does not mix with the answers.
      const lines = readline.createInterface({ input: process.stdin, output: process.stderr, terminal })
      lines.setPrompt(terminal ? notePaint().cyan("> ") : "")
      lines.on("SIGINT", () => {
        // A line half written is cleared first, as shells do.
        if (lines.line === "") return process.emit("SIGINT")
        lines.write(null, { ctrl: true, name: "e" })
        return lines.write(null, { ctrl: true, name: "u" })
      })
      return { lines, next: lines[Symbol.asyncIterator]() }
    }),
    ({ lines }) => Effect.sync(() => lines.close()),
  ),
  ({ lines, next }) =>
    Effect.promise(async () => {
      lines.prompt()
      const { done, value } = await next.next()
      return done === true ? undefined : (value as string)
    }),
)

const noTokenizer = new CommandError({
  code: "command.no-tokenizer",
  path: "$.model",
  message: "This model has no tokenizer to read a text with.",
  advice: "Talk with one that has, or give `parade run` a prompt of --tokens.",
})

interface ChatOptions {
  readonly maxTokens: number | undefined
  readonly seed: number
  readonly system: string | undefined
}

const stopped = (said: string): Effect.Effect<void> =>
  Effect.andThen(
    writeOut("\n"),
    writeNote(
      notePaint().dim(
        said === ""
          ? "Stopped before it began: the question is forgotten."
          : "Stopped: the answer stays in the conversation as far as it came.",
      ),
    ),
  )

/** The answer as far as it comes until somebody stops it; `undefined` where there is none, a failure being told. */
const answer = Effect.fnUntraced(function* (
  decoder: Decoder,
  asked: readonly ChatMessage[],
  options: TextOptions,
) {
  let said = ""
  const events = Stream.tap(decodeText(decoder, asked, options), (event) =>
    Effect.sync(() => {
      if (event.type === "committed") said += (event as CommittedEvent).text
    }),
  )
  return yield* stoppable(printText(events)).pipe(
    Effect.flatMap((finished) =>
      finished === undefined
        ? Effect.as(stopped(said), said === "" ? undefined : said)
        : Effect.succeed(finished.text),
    ),
    Effect.catchTag("RequestError", (error: RequestError) =>
      Effect.as(writeNote(`${noteText(error.describe())} /reset starts anew.`), undefined),
    ),
  )
})

/** Answers line after line until the input ends. A turn without an answer is forgotten. */
const converse = Effect.fnUntraced(function* (decoder: Decoder, readLine: ReadLine, options: ChatOptions) {
  const { seed, system } = options
  const maxTokens = answerLength(decoder.model, options.maxTokens)
  const opening: readonly ChatMessage[] = system === undefined ? [] : [{ role: "system", content: system }]
  let messages = opening
  const promptCache = yield* makePromptCache
  for (;;) {
    const line = yield* readLine
    // Ctrl-D leaves the cursor behind the prompt.
    if (line === undefined) return process.stdin.isTTY === true ? yield* writeNote("") : undefined
    if (line.trim() === "/exit") return
    if (line.trim() === "/reset") {
      messages = opening
      yield* writeNote("The conversation starts anew.")
      continue
    }
    if (line.trim() === "") continue
    const asked: readonly ChatMessage[] = [...messages, { role: "user", content: line }]
    const content = yield* answer(decoder, asked, { maxTokens, seed, promptCache })
    if (content !== undefined) messages = [...asked, { role: "assistant", content }]
  }
})

/** `parade chat`. */
export const chatCommand: Command.Command.Any = Command.make(
  "chat",
  {
    pipeline: pipelineArgument,
    system: optionalFlag(
      Flag.String("system").pipe(Flag.withMetavar("TEXT")),
      "What the model is told before the conversation",
    ),
    ...decodingFlags,
    ...pipelineFlags,
  },
  (options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { value, base, registry } = yield* readPipeline(choiceOf(options))
        const plan = yield* validate(DecoderKind, value, registry)
        const decoder = yield* withProgress("Loading", buildDecoder(plan, base))
        if (decoder.model.tokenizer === undefined) return yield* Effect.fail(noTokenizer)
        const readLine = yield* openLines
        if (process.stdin.isTTY === true)
          yield* writeNote(
            notePaint().dim("Ctrl-C stops an answer, /reset forgets the conversation, /exit ends it."),
          )
        yield* converse(decoder, readLine, options)
      }),
    ),
).pipe(
  Command.withDescription(
    "Talk with the model, turn by turn; lines from standard input work too. /reset forgets the conversation, /exit ends it, Ctrl-C stops an answer",
  ),
)
