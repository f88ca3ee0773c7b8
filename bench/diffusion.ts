/** `npm run bench:diffusion -- [--model FOLDER] [--methods NAME,…] [--examples N] [--canvas N] [SECTION …]`; see README.md. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { ParadeError, PipelineError } from "@parade/core"
import * as Effect from "effect/Effect"
import { frontierReport } from "./diffusion/frontier.ts"
import { baseline, methods } from "./diffusion/methods.ts"
import { taskFamilies } from "./diffusion/tasks.ts"
import { stepCosts } from "./diffusion/step-cost.ts"
import { unmaskerCosts } from "./diffusion/unmasker-cost.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    methods: { type: "string" },
    prices: { type: "string" },
    examples: { type: "string", default: "40" },
    canvas: { type: "string", default: "32" },
    rounds: { type: "string", default: "15" },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "1" },
    out: { type: "string", default: join(root, "bench", "results", "diffusion") },
  },
})
const shared = process.env["PARADE_SHARED"] ?? join(root, "..", "shared")
const prices = values.prices ?? join(shared, "models", "SmolLM2-135M-Instruct")
const rounds = Number(values.rounds)

const priced = (
  measure: (source: string, rounds: number) => Effect.Effect<string, ParadeError>,
): Effect.Effect<string, ParadeError> =>
  existsSync(prices) ? measure(prices, rounds) : Effect.succeed(`skipped: there is no model at ${prices}`)

const names = values.methods?.split(",").map((name) => name.trim())
const strange = names?.find((name) => !methods.some(({ method }) => method === name))
if (strange !== undefined) {
  const known = [...new Set(methods.map(({ method }) => method))]
  console.error(`There is no method ${strange}; there are ${known.join(", ")}.`)
  process.exit(2)
}
/** Those asked for; what a method was distilled to belongs to the embedded model. */
const chosen = methods.filter(
  (one) =>
    one === baseline ||
    ((names === undefined || names.includes(one.method)) &&
      (one.distilled === undefined || values.model === undefined)),
)

const sections: Readonly<Record<string, Effect.Effect<string, ParadeError | PipelineError>>> = {
  frontier: frontierReport({
    model: {
      use: "@parade/transformer",
      with: {
        source: values.model ?? "npm:@parade/model-tiny-diffusion/model",
        device: "cpu",
        threads: Number(values.threads),
      },
    },
    methods: chosen,
    // A family with methods of its own is asked of another model.
    families: taskFamilies.filter(
      ({ methods: own }) => own === undefined || (names === undefined && values.model === undefined),
    ),
    count: Number(values.examples),
    canvas: Number(values.canvas),
    seed: Number(values.seed),
    folder: values.out,
    base: process.cwd(),
  }),
  unmaskers: priced(unmaskerCosts),
  steps: priced(stepCosts),
}

const wanted = positionals.length === 0 ? Object.keys(sections) : positionals
const unknown = wanted.find((name) => !Object.hasOwn(sections, name))
if (unknown !== undefined) {
  console.error(`There is no section ${unknown}; there are ${Object.keys(sections).join(", ")}.`)
  process.exit(2)
}
mkdirSync(values.out, { recursive: true })
for (const name of wanted) {
  console.log(`## ${name}\n`)
  const text = await Effect.runPromise(
    Effect.catch(sections[name]!, (error) => Effect.succeed(error.describe())),
  )
  console.log(`${text}\n`)
  writeFileSync(join(values.out, `${name}.txt`), `${text}\n`)
}
