import { DecoderKind, validate } from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { makePaint } from "../colour.ts"
import { noteText, writeNote } from "../output.ts"
import { choiceOf, decodingFlags, pipelineArgument, pipelineFlags } from "../pipeline-options.ts"
import { drawPlan } from "../plan-picture.ts"
import { withProgress } from "../progress-bar.ts"
import { questionFlags, readQuestion } from "../question.ts"
import { readPipeline } from "../read-pipeline.ts"
import { reportFile } from "../report-file.ts"
import { buildDecoder, printText, printTokens } from "../run-command.ts"
import { tracePage } from "./page.ts"
import { piecesOf } from "./pieces.ts"
import { traceCollector } from "./trace.ts"

const place = reportFile("trace.cannot-write")

/** `parade trace`. */
export const traceCommand: Command.Command.Any = Command.make(
  "trace",
  {
    pipeline: pipelineArgument,
    ...questionFlags,
    out: Flag.String("out").pipe(
      Flag.withAlias("o"),
      Flag.withMetavar("FILE"),
      Flag.withDescription("The page; trace.html without it"),
      Flag.filter(
        (file) => file !== "",
        () => "Expected a file",
      ),
      Flag.withDefault("trace.html"),
    ),
    ...decodingFlags,
    ...pipelineFlags,
  },
  (options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { value, base, registry, embedded } = yield* readPipeline(choiceOf(options))
        const plan = yield* validate(DecoderKind, value, registry)
        const ask = yield* readQuestion(options, embedded)
        yield* place.check(options.out)
        const decoder = yield* withProgress("Loading", buildDecoder(plan, base))
        const { tokenizer, info } = decoder.model
        const collector = traceCollector()
        const events = Stream.tap(ask(decoder), (event) => Effect.sync(() => collector.take(event)))
        yield* tokenizer === undefined ? printTokens(events) : printText(events)
        // What has not failed has finished.
        const trace = collector.trace()!
        const ids = trace.tokens.map(({ id }) => id)
        const pieces =
          tokenizer === undefined
            ? ids.map((id) => `${id} `)
            : piecesOf(ids, (tokens) => tokenizer.decode([...tokens]))
        const subject = {
          name: plan.root.use,
          plan: drawPlan(plan, makePaint(false)),
          model: `${info.name}, ${info.dtype} on ${info.device}`,
        }
        yield* place.write(options.out, tracePage(subject, trace, pieces))
        yield* writeNote(`Wrote ${noteText(options.out)}.`)
      }),
    ),
).pipe(
  Command.withDescription("Decode, and draw which token came to stand when, and from whom, as an HTML page"),
  Command.withExamples([
    {
      command: "parade trace examples/masked-diffusion.json --out diffusion.html",
      description: "How a canvas fills",
    },
    {
      command: "parade trace examples/speculative-prompt-lookup.json --prompt-file article.txt",
      description: "Which tokens were drafted, and how many each round verified",
    },
  ]),
)
