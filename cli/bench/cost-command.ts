import { compose, ModelError } from "@parade/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { notePaint, writeOut } from "../output.ts"
import { choiceOf, pipelineArgument, pipelineFlags } from "../pipeline-options.ts"
import { withProgress } from "../progress-bar.ts"
import { readPipeline } from "../read-pipeline.ts"
import { table } from "../table.ts"

const rowCounts = [1, 2, 4, 8, 16, 32, 64]
const contexts = [128, 512, 1024]

/** `parade bench cost`. */
export const costCommand: Command.Command.Any = Command.make(
  "cost",
  {
    pipeline: pipelineArgument,
    json: Flag.Boolean("json").pipe(Flag.withDescription("Print JSON"), Flag.withDefault(false)),
    ...pipelineFlags,
  },
  (options) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { value, base, registry } = yield* readPipeline(choiceOf(options))
        const { model } = yield* withProgress("Loading", compose(value, { registry, base }))
        const cost = yield* withProgress("Measuring", model.cost)
        if (cost === undefined)
          return yield* Effect.fail(
            new ModelError({
              code: "bench.no-cost",
              message: "Nobody has measured this model, and it does not measure itself.",
              advice: "Run it on a device that does: cpu, webgpu or cuda.",
            }),
          )
        const known = contexts.filter((context) => context + 64 <= model.info.contextLength)
        const at = known.length === 0 ? [0] : known
        if (options.json) {
          const prices = at.flatMap((context) =>
            rowCounts.map((rows) => ({ rows, context, milliseconds: cost.milliseconds(rows, context) })),
          )
          return yield* writeOut(`${JSON.stringify({ source: cost.source, prices }, null, 2)}\n`)
        }
        const rows = rowCounts.map((count) => [
          `${count}`,
          ...at.flatMap((context) => {
            const price = cost.milliseconds(count, context)
            return [price.toFixed(2), (price / cost.milliseconds(1, context)).toFixed(2)]
          }),
        ])
        const headings = ["rows", ...at.flatMap((context) => [`ms after ${context}`, "÷ one row"])]
        yield* writeOut(`${table(headings, rows, notePaint())}\n${cost.source}\n`)
      }),
    ),
).pipe(Command.withDescription("The price of 1 … 64 rows in one forward; measured once and kept"))
