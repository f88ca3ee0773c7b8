/**
 * Every drafter of the registry that has an example, against plain decoding on held-out exercises of what the embedded
 * text model has learnt: `npm run bench:drafters -- [--model FOLDER] [--prompts FILE] [--examples N] [--rounds N] [--only NAME]`; see README.md.
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { bareName, compose, PipelineError } from "@parade/core"
import { continuedTasks } from "@parade/recipes"
import * as Effect from "effect/Effect"
import { readPipeline } from "../cli/read-pipeline.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values } = parseArgs({
  options: {
    model: { type: "string" },
    prompts: { type: "string" },
    examples: { type: "string", default: "36" },
    rounds: { type: "string", default: "3" },
    only: { type: "string" },
    out: { type: "string", default: join(root, "bench", "results", "drafters") },
  },
})

/**
 * Pipelines by drafter: a drafter's example is called after it, or `speculative-` and its name; those of parts that were trained
 * for other models, after it and the model.
 */
const pipelines = (): readonly string[] => {
  const { plugins } = JSON.parse(readFileSync(join(root, "registry.json"), "utf8")) as {
    readonly plugins: readonly {
      readonly kind: string
      readonly name: string
      readonly capabilities: readonly string[]
    }[]
  }
  const examples = readdirSync(join(root, "examples"))
  return plugins
    .filter(({ kind }) => kind === "drafter")
    .flatMap(({ name, capabilities }) => {
      const bare = bareName(name)
      const own = examples.filter(
        (file) =>
          file === `${bare}.json` ||
          file === `speculative-${bare}.json` ||
          (capabilities.includes("trained") && file.startsWith(`${bare}-`) && file.endsWith(".json")),
      )
      if (own.length === 0) console.log(`skipped: ${name} has no example`)
      return own
        .filter((file) => values.only === undefined || file === `${values.only}.json`)
        .map((file) => `examples/${file}`)
    })
}

/** What a drafter says that was made for another model. */
const misfits: ReadonlySet<string> = new Set([
  "draft.vocabulary-mismatch",
  "draft.width-mismatch",
  "draft.weights-mismatch",
])

/** Pipelines whose drafters go with the model; drafters trained for another one are named and left out. */
const fitting = async (files: readonly string[], model: string | undefined): Promise<readonly string[]> => {
  const fits: string[] = []
  for (const file of files) {
    const composed = Effect.flatMap(
      readPipeline({ file: join(root, file), model, device: undefined, set: [] }),
      ({ value, ...rest }) => compose(value, rest),
    )
    const reason = await Effect.runPromise(
      Effect.scoped(
        Effect.match(composed, {
          onFailure: (error) =>
            error instanceof PipelineError
              ? error.issues.find(({ code }) => misfits.has(code))?.message
              : undefined,
          onSuccess: () => undefined,
        }),
      ),
    )
    if (reason === undefined) fits.push(file)
    else console.log(`skipped: ${reason}`)
  }
  return fits
}

mkdirSync(values.out, { recursive: true })
const task = join(values.out, "task.json")
/** Their data lie beside the repository, wherever the report goes. */
const tasks = continuedTasks.map((node) => {
  const { with: settings } = node as { readonly with?: { readonly source?: string } }
  return settings?.source === undefined
    ? node
    : { ...node, with: { ...settings, source: join(root, settings.source) } }
})
writeFileSync(task, JSON.stringify({ use: "@parade/mixed-tasks", tasks }))
const asked =
  values.prompts === undefined
    ? ["--task", task, "--examples", values.examples]
    : ["--prompts", values.prompts]

/**
 * Each beside plain decoding in a process of its own: what one pipeline teaches the runtime is compiled anew for the next, on a core that the
 * next one's model then lacks, which shows in texts of a few milliseconds.
 */
for (const file of await fitting(pipelines(), values.model)) {
  const name = basename(file, ".json")
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "cli", "bin", "parade.mjs"),
      "bench",
      file,
      ...asked,
      "--rounds",
      values.rounds,
      "--json",
      join(values.out, `${name}.json`),
      "--markdown",
      join(values.out, `${name}.md`),
      ...(values.model === undefined ? [] : ["--model", values.model]),
    ],
    { cwd: root, stdio: "inherit" },
  )
  if (status !== 0) process.exit(status ?? 1)
}
