/**
 * Every drafter of the registry that has an example, against plain decoding on held-out exercises of what the embedded
 * text model has learnt: `npm run bench:drafters -- [--model FOLDER] [--prompts FILE] [--each N] [--rounds N]`; see README.md.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { bareName, composeAs, type PipelineNode } from "@parade/core"
import { plugin as tinyText } from "@parade/model-tiny-text"
import { type Task, TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { openRegistry } from "../cli/load-plugins.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    each: { type: "string", default: "6" },
    rounds: { type: "string", default: "3" },
    out: { type: "string", default: join(root, "bench", "results", "drafters") },
  },
})

/** Pipelines by drafter: a drafter's example is called after it, or `speculative-` and its name. */
const pipelines = (): readonly string[] => {
  const { plugins } = JSON.parse(readFileSync(join(root, "registry.json"), "utf8")) as {
    readonly plugins: readonly { readonly kind: string; readonly name: string }[]
  }
  return plugins
    .filter(({ kind }) => kind === "drafter")
    .flatMap(({ name }) => {
      const own = [bareName(name), `speculative-${bareName(name)}`].map((file) => `examples/${file}.json`)
      const file = own.find((path) => existsSync(join(root, path)))
      if (file === undefined) console.log(`skipped: ${name} has no example`)
      return file === undefined ? [] : [file]
    })
}

const exercises = (task: Task, count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => {
    const { id, prompt } = task.example("test", index, 0)
    return { id, category: bareName(task.name), prompt }
  })

/** Held-out exercises of the tasks that the recipe of the embedded model trains on. */
const writePrompts = (file: string): Effect.Effect<void, unknown> =>
  Effect.scoped(
    Effect.gen(function* () {
      const lines: object[] = []
      const registry = openRegistry(root)
      for (const node of tinyText.slots["tasks"]!.default as readonly PipelineNode[]) {
        const task = yield* composeAs<Task>(TaskKind, node, { registry, base: root })
        lines.push(...exercises(task, Number(values.each)))
      }
      writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(""))
    }),
  )

mkdirSync(values.out, { recursive: true })
const prompts = values.prompts ?? join(values.out, "prompts.jsonl")
if (values.prompts === undefined) await Effect.runPromise(writePrompts(prompts))

const { status } = spawnSync(
  process.execPath,
  [
    join(root, "cli", "bin", "parade.mjs"),
    "bench",
    ...pipelines(),
    "--prompts",
    prompts,
    "--rounds",
    values.rounds,
    "--json",
    join(values.out, "drafters.json"),
    "--markdown",
    join(values.out, "drafters.md"),
    ...(values.model === undefined ? [] : ["--model", values.model]),
  ],
  { cwd: root, stdio: "inherit" },
)
process.exit(status ?? 1)
