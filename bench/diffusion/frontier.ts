import { writeFileSync } from "node:fs"
import { join } from "node:path"
import type { ParadeError, PipelineError } from "@parade/core"
import * as Effect from "effect/Effect"
import { machineOf } from "./machine.ts"
import { type Line, linesOf, meanCorrelation } from "./lines.ts"
import { measureAnswers } from "./measure.ts"
import type { Method } from "./methods.ts"
import { frontierPicture } from "./picture.ts"
import { areasToMarkdown, overviewToMarkdown, toMarkdown, toTable } from "./report.ts"
import { type ModelNode, openSubjects } from "./subjects.ts"
import type { TaskFamily } from "./tasks.ts"

export interface FrontierOptions {
  readonly model: ModelNode
  /** The first is what the others are compared with. */
  readonly methods: readonly Method[]
  readonly families: readonly TaskFamily[]
  readonly count: number
  /** Positions an answer is written on. */
  readonly canvas: number
  readonly seed: number
  /** Where JSON, Markdown and pictures are written; it is there. */
  readonly folder: string
  readonly base: string
}

/** Measures methods on all tasks and writes the frontier of each task; gives the tables for a terminal. */
export const frontierReport = (
  options: FrontierOptions,
): Effect.Effect<string, ParadeError | PipelineError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { model, methods: common, families, count, canvas, seed, folder, base } = options
      const all = [...new Set([...common, ...families.flatMap(({ methods = [] }) => methods)])]
      const { decoders: opened, tasks } = yield* openSubjects(model, all, families, base)
      const { info } = opened[0]!.model
      const about = { model: info.name, dtype: info.dtype, machine: machineOf(), count, seed }
      const heading = `${info.name} as ${info.dtype} on ${info.device}, ${about.machine}: ${count} held-out examples of each task, greedy, a canvas of ${canvas}, one thread`
      const lines: Line[] = []
      /** Those of the methods that are asked of every family but the ones with methods of their own. */
      const shared: Line[] = []
      const markdown = [heading]
      const tables = [heading]
      for (const [index, { name, file, bounds, methods = common }] of families.entries()) {
        const decoders = methods.map((method) => opened[all.indexOf(method)]!)
        const answers = yield* measureAnswers(decoders, tasks[index]!, {
          count,
          seed,
          canvas,
          progress: (done, total) => process.stderr.write(`\r${name}: ${done} of ${total}   `),
        })
        const own = linesOf(answers, { task: name, methods })
        lines.push(...own)
        if (methods === common) shared.push(...own)
        const bits = meanCorrelation(answers)
        const loss = bits === undefined ? "" : `: all at once loses ${bits.toFixed(2)} bits at best`
        markdown.push(
          "",
          `## ${name}${loss}`,
          "",
          `![${name}](${file}.svg)`,
          "",
          toMarkdown(own),
          "",
          areasToMarkdown(own),
        )
        tables.push("", `${name}${loss}`, toTable(own))
        // Written task by task, so that what was measured stays when the rest is not waited for.
        writeFileSync(join(folder, `${file}.svg`), frontierPicture(`${name}${loss}`, own, bounds))
        const [title, ...sections] = markdown
        writeFileSync(
          join(folder, "frontier.md"),
          `${[title, "", overviewToMarkdown(shared), ...sections].join("\n")}\n`,
        )
        writeFileSync(
          join(folder, "frontier.json"),
          `${JSON.stringify({ version: 1, ...about, lines }, null, 1)}\n`,
        )
      }
      process.stderr.write("\r")
      return tables.join("\n")
    }),
  )
