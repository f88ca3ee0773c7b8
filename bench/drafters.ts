/**
 * Every drafter of the registry that has an example, against plain decoding, on the embedded text model and on others:
 * `npm run bench:drafters`; see README.md.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { basename, join, resolve } from "node:path"
import { fileURLToPath } from "node:url"
import { compose, PipelineError } from "@parade/core"
import { continuedTasks } from "@parade/recipes"
import * as Effect from "effect/Effect"
import type { BenchResult } from "../cli/bench/sample.ts"
import { modelSource, readPipeline } from "../cli/read-pipeline.ts"
import { count, countOr, readOptions, text, textOr, texts } from "../scripts/options.ts"
import { makeOutFolder } from "../scripts/out-folder.ts"
import { type Candidate, candidatesOf, type ListedDrafter } from "./drafters/candidates.ts"
import { type Measured, type Skipped, toMarkdown } from "./drafters/table.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values } = readOptions({
  call: "npm run bench:drafters --",
  about: "Every drafter of the registry that has an example, against plain decoding.",
  options: {
    model: texts(
      "FOLDER",
      "a checkpoint, or: embedded",
      "embedded, and ../shared/models/SmolLM2-135M-Instruct where it is there",
    ),
    parts: text("FOLDER", "trained parts, a folder per drafter", "those of the packages"),
    prompts: text(
      "FILE",
      "prompts, a JSON object a line",
      "exercises on the embedded model, held-out prompts on another",
    ),
    category: text("NAME", "prompts of this category alone", "all"),
    examples: countOr(36, "exercises on the embedded model"),
    rounds: count("runs of each prompt", "3 on the embedded model, 1 on another"),
    "max-tokens": count("tokens of an answer", "256 on the embedded model, 96 on another"),
    only: text("NAME,…", "these drafters alone", "all"),
    out: textOr(join(root, "bench", "results", "drafters"), "FOLDER", "where reports go"),
  },
})

const refuse = (message: string): never => {
  console.error(message)
  process.exit(2)
}

/** A model, and how `parade bench` is called for it. */
interface Bed {
  readonly name: string
  readonly model: string | undefined
  readonly asked: readonly string[]
}

const embedded = "embedded"
const shared = process.env["PARADE_SHARED"] ?? join(root, "..", "shared")
const smol = join(shared, "models", "SmolLM2-135M-Instruct")
const ownPrompts = join(root, "plugins", "drafters", "drafters-smollm2", "prompts.jsonl")

/** Held-out exercises of what the embedded model has learnt; their data lie beside the repository, wherever the report goes. */
const writeTask = (): string => {
  const file = join(values.out, "task.json")
  const tasks = continuedTasks.map((node) => {
    const { with: settings } = node as { readonly with?: { readonly source?: string } }
    return settings?.source === undefined
      ? node
      : { ...node, with: { ...settings, source: join(root, settings.source) } }
  })
  writeFileSync(file, JSON.stringify({ use: "@parade/mixed-tasks", tasks }))
  return file
}

const bedOf = (model: string): Bed => {
  const isEmbedded = model === embedded
  const { prompts = isEmbedded ? undefined : ownPrompts, category, examples } = values
  return {
    name: isEmbedded ? embedded : basename(model),
    model: isEmbedded ? undefined : modelSource(model),
    asked: [
      ...(prompts === undefined
        ? ["--task", writeTask(), "--examples", String(examples)]
        : ["--prompts", prompts]),
      ...(category === undefined ? [] : ["--category", category]),
      "--rounds",
      String(values.rounds ?? (isEmbedded ? 3 : 1)),
      "--max-tokens",
      String(values["max-tokens"] ?? (isEmbedded ? 256 : 96)),
    ],
  }
}

const readParts = (folder: string) =>
  existsSync(folder)
    ? { folders: readdirSync(folder), pathOf: (name: string) => resolve(folder, name) }
    : refuse(`There is no folder ${folder}.`)

/** What is said of a drafter that was made for another model. */
const misfits: ReadonlySet<string> = new Set([
  "model.unknown-cut",
  "draft.vocabulary-mismatch",
  "draft.width-mismatch",
  "draft.weights-mismatch",
])

/** Why the drafter of a pipeline does not go with a model; nothing where it does. */
const misfitOf = ({ example, set }: Candidate, model: string | undefined): Promise<string | undefined> =>
  readPipeline({ file: join(root, "examples", example), model, device: undefined, set }).pipe(
    Effect.flatMap(({ value, ...rest }) => compose(value, rest)),
    Effect.match({
      onFailure: (error) =>
        error instanceof PipelineError
          ? error.issues.find(({ code }) => misfits.has(code))?.message
          : undefined,
      onSuccess: () => undefined,
    }),
    Effect.scoped,
    Effect.runPromise,
  )

/**
 * A pipeline beside plain decoding in a process of its own: what one pipeline teaches the runtime is compiled anew for the next, on a core that
 * the next one's model then lacks, which shows in texts of a few milliseconds.
 */
const measure = ({ example, name, set }: Candidate, { name: bed, model, asked }: Bed): BenchResult => {
  const report = join(values.out, `${bed}-${name}`)
  const { status } = spawnSync(
    process.execPath,
    [
      join(root, "cli", "bin", "parade.mjs"),
      "bench",
      join(root, "examples", example),
      ...asked,
      "--json",
      `${report}.json`,
      "--markdown",
      `${report}.md`,
      ...(model === undefined ? [] : ["--model", model]),
      ...set.flatMap((one) => ["--set", one]),
    ],
    // A model that the environment names would stand in for the embedded one.
    { stdio: "inherit", env: { ...process.env, PARADE_MODEL: "" } },
  )
  if (status !== 0) process.exit(status ?? 1)
  return JSON.parse(readFileSync(`${report}.json`, "utf8")) as BenchResult
}

const { plugins } = JSON.parse(readFileSync(join(root, "registry.json"), "utf8")) as {
  readonly plugins: readonly (ListedDrafter & { readonly kind: string })[]
}
const parts = values.parts === undefined ? undefined : readParts(values.parts)
const examples = readdirSync(join(root, "examples"))
const drafters = plugins
  .filter(({ kind }) => kind === "drafter")
  .map((drafter) => ({ ...drafter, candidates: candidatesOf(drafter, examples, parts) }))

const only = values.only?.split(",").map((name) => name.trim())
const names = drafters.flatMap(({ candidates }) => candidates.map(({ name }) => name))
const strange = only?.find((name) => !names.includes(name))
if (strange !== undefined) refuse(`There is no ${strange}; there are ${names.join(", ")}.`)

makeOutFolder(values.out)
const measured: Measured[] = []
const skipped: Skipped[] = []
const models = values.model ?? [embedded, ...(existsSync(smol) ? [smol] : [])]
for (const bed of models.map(bedOf))
  for (const { name: drafter, candidates } of drafters) {
    const wanted = candidates.filter(({ name }) => only === undefined || only.includes(name))
    const reasons: string[] = []
    for (const candidate of wanted) {
      const reason = await misfitOf(candidate, bed.model)
      if (reason === undefined)
        measured.push({ model: bed.name, drafter, name: candidate.name, result: measure(candidate, bed) })
      else reasons.push(reason)
    }
    // Parts for several models are expected; a drafter with none for this one is worth a word.
    if (wanted.length > 0 && reasons.length === wanted.length)
      skipped.push({
        model: bed.name,
        drafter,
        reason: `${reasons[0]!} Train parts with its recipe, and name the folder that holds theirs with --parts.`,
      })
  }

const table = toMarkdown(measured, skipped)
writeFileSync(join(values.out, "drafters.md"), `${table}\n`)
console.log(`\n${table}`)
