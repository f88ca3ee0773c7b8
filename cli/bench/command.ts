import { cpus } from "node:os"
import { Progress, RequestError } from "@parade/core"
import { TaskKind } from "@parade/tasks"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { writeOut } from "../output.ts"
import { atLeastOne, decodingFlags, maxTokensFlag, optionalFlag, pipelineFlags } from "../pipeline-options.ts"
import { withProgress } from "../progress-bar.ts"
import { readNode } from "../read-node.ts"
import { readText } from "../read-text.ts"
import { reportFile } from "../report-file.ts"
import { costCommand } from "./cost-command.ts"
import { measure } from "./measure.ts"
import { comparable, readPipelines } from "./plan.ts"
import { standardPrompts } from "./prompts.ts"
import { exercisePrompts } from "./exercise-prompts.ts"
import { readPrompts } from "./read-prompts.ts"
import { toMarkdown, toTable } from "./report.ts"
import type { BenchResult } from "./sample.ts"
import { openSubjects } from "./subjects.ts"

const place = reportFile("bench.cannot-write")

const readAll = ({ prompts, task, examples }: PromptChoice) =>
  Effect.gen(function* () {
    if (prompts !== undefined && task !== undefined)
      return yield* Effect.fail(
        new RequestError({
          code: "bench.two-sources",
          message: "Prompts come from a file or from a task, not from both.",
          advice: "Leave out --prompts or --task.",
        }),
      )
    if (task !== undefined) return exercisePrompts(yield* readNode(TaskKind, task), examples ?? 12)
    if (examples !== undefined)
      return yield* Effect.fail(
        new RequestError({
          code: "bench.no-task",
          message: "--examples says how many exercises of a task; there is no task.",
          advice:
            "Name one by --task, or leave out --examples; --category chooses among the standard prompts.",
        }),
      )
    if (prompts === undefined) return standardPrompts
    const text = yield* readText(prompts)
    return yield* Effect.try({
      try: () => readPrompts(text, prompts),
      catch: (error) => error as RequestError,
    })
  })

interface PromptChoice {
  readonly prompts: string | undefined
  readonly task: string | undefined
  readonly examples: number | undefined
}

/** `parade bench`. */
export const benchCommand: Command.Command.Any = Command.make(
  "bench",
  {
    pipelines: Argument.String("PIPELINE.json").pipe(
      Argument.withDescription("Pipelines to compare; plain decoding and speculation when left out"),
      Argument.variadic(),
    ),
    prompts: optionalFlag(
      Flag.String("prompts").pipe(Flag.withMetavar("FILE")),
      'JSON Lines of {"prompt", "category"?, "id"?}; a standard set without it',
    ),
    task: optionalFlag(
      Flag.String("task").pipe(Flag.withMetavar("TASK")),
      "Held-out exercises of a task, by its name or a JSON file that names one and its settings; answers are scored",
    ),
    examples: optionalFlag(
      atLeastOne(Flag.Int("examples").pipe(Flag.withMetavar("N"))),
      "Exercises of the task; 12 without it",
    ),
    category: optionalFlag(
      Flag.String("category").pipe(Flag.withMetavar("NAME")),
      "Only the prompts of this category: copy, edit, write or answer of the standard set",
    ),
    rounds: Flag.Int("rounds").pipe(
      Flag.withMetavar("N"),
      Flag.withDescription("How often every prompt is decoded by every pipeline; 3 times without it"),
      atLeastOne,
      Flag.withDefault(3),
    ),
    json: optionalFlag(Flag.String("json").pipe(Flag.withMetavar("FILE")), "Write every sample as JSON"),
    markdown: optionalFlag(
      Flag.String("markdown").pipe(Flag.withMetavar("FILE")),
      "Write the table as Markdown",
    ),
    maxTokens: maxTokensFlag.pipe(
      Flag.withDescription("Tokens of a text at most; 256 without it"),
      Flag.withDefault(256),
    ),
    seed: decodingFlags.seed,
    ...pipelineFlags,
  },
  (options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const all = yield* readAll(options)
        const prompts = all.filter(
          ({ category }) => options.category === undefined || category === options.category,
        )
        if (prompts.length === 0)
          return yield* Effect.fail(
            new RequestError({
              code: "bench.no-prompts",
              message: `No prompt is of the category ${JSON.stringify(options.category)}.`,
              advice: `There are ${[...new Set(all.map(({ category }) => category))].join(", ")}.`,
            }),
          )
        for (const file of [options.json, options.markdown]) if (file !== undefined) yield* place.check(file)
        const pipelines = yield* readPipelines(options.pipelines, options)
        const composed = yield* withProgress("Loading", openSubjects(pipelines.parts))
        const { subjects, names } = yield* comparable(composed, pipelines)
        const { rounds, maxTokens, seed } = options
        const work = Effect.flatMap(Progress, (report) =>
          measure(subjects, {
            names,
            prompts,
            rounds,
            maxTokens,
            seed,
            progress: (task, done, total) => report({ task, done, total, unit: "steps" }),
          }),
        )
        const measured = yield* withProgress("Measuring", work)
        const { info } = subjects.decoders[0]!.model
        const result: BenchResult = {
          version: 1,
          machine: {
            cpu: cpus()[0]?.model.trim() ?? "unknown",
            cores: cpus().length,
            node: process.versions.node,
            platform: `${process.platform}-${process.arch}`,
          },
          model: { name: info.name, dtype: info.dtype, device: info.device },
          baseline: names[0]!,
          pipelines: names,
          rounds,
          maxTokens,
          ...measured,
        }
        yield* writeOut(`${toTable(result)}\n`)
        if (options.json !== undefined)
          yield* place.write(options.json, `${JSON.stringify(result, null, 1)}\n`)
        if (options.markdown !== undefined) yield* place.write(options.markdown, `${toMarkdown(result)}\n`)
      }),
    ),
).pipe(
  Command.withDescription("Compare pipelines on the same prompts, in turns"),
  Command.withExamples([
    {
      command: "parade bench examples/speculative-prompt-lookup.json --model ./SmolLM2-135M-Instruct",
      description: "Speed, tokens per forward and identity of text against plain decoding",
    },
    {
      command: "parade bench examples/medusa.json --task arithmetic --examples 40",
      description: "The same on held-out exercises, with the share of right answers",
    },
    { command: "parade bench cost --model ./SmolLM2-135M-Instruct", description: "The price of 1 … 64 rows" },
  ]),
  Command.withSubcommands([costCommand]),
)
