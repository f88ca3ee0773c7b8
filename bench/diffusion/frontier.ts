import { mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ParadeError, PipelineError } from "@parade/core"
import * as Effect from "effect/Effect"
import { machineOf } from "./machine.ts"
import { linesOf, meanCorrelation } from "./lines.ts"
import { measureAnswers } from "./measure.ts"
import { methods } from "./methods.ts"
import { frontierPicture } from "./picture.ts"
import { toMarkdown, toTable } from "./report.ts"
import { openSubjects } from "./subjects.ts"
import { taskFamilies } from "./tasks.ts"

export interface FrontierOptions {
  /** The model's node. */
  readonly model: object
  readonly count: number
  readonly seed: number
  readonly canvas: number
  /** Where JSON, Markdown and pictures are written. */
  readonly folder: string
  readonly base: string
}

/** Measures all methods on all tasks and writes the frontier of each task; gives the tables for a terminal. */
export const frontierReport = (
  options: FrontierOptions,
): Effect.Effect<string, ParadeError | PipelineError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { model, count, seed, canvas, folder, base } = options
      const subjects = yield* openSubjects(model, methods, base)
      const { info } = subjects.decoders[0]!.model
      let shown = 0
      const answers = yield* measureAnswers(subjects, {
        count,
        seed,
        canvas,
        progress: (done, total) => {
          const percent = Math.floor((100 * done) / total)
          if (percent >= shown + 5) process.stderr.write(`\r${(shown = percent)} % `)
        },
      })
      process.stderr.write("\r")
      const labels = {
        methods: methods.map(({ method, setting }) => ({ method, setting })),
        tasks: taskFamilies.map(({ name }) => name),
      }
      const lines = linesOf(answers, labels)
      const heading = `${info.name} as ${info.dtype} on ${info.device}, ${machineOf()}: ${count} held-out examples of each task, greedy, a canvas of ${canvas}`
      mkdirSync(folder, { recursive: true })
      const markdown = [heading]
      const tables = [heading]
      for (const [task, { name, file, bounds }] of taskFamilies.entries()) {
        const own = lines.filter((line) => line.task === name)
        const bits = meanCorrelation(answers, task)
        const loss = bits === undefined ? "" : `: all at once loses ${bits.toFixed(2)} bits at best`
        writeFileSync(join(folder, `${file}.svg`), frontierPicture(`${name}${loss}`, own, bounds))
        markdown.push("", `### ${name}${loss}`, "", `![${name}](${file}.svg)`, "", toMarkdown(own))
        tables.push("", `${name}${loss}`, toTable(own))
      }
      writeFileSync(join(folder, "frontier.md"), `${markdown.join("\n")}\n`)
      writeFileSync(
        join(folder, "frontier.json"),
        `${JSON.stringify({ version: 1, model: info.name, dtype: info.dtype, machine: machineOf(), count, seed, canvas, lines }, null, 1)}\n`,
      )
      return tables.join("\n")
    }),
  )
