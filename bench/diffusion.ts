/** `npm run bench:diffusion`; see README.md. */
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { ParadeError, PipelineError } from "@parade/core"
import * as Effect from "effect/Effect"
import { countOr, readOptions, text as optionalText, textOr } from "../scripts/options.ts"
import { makeOutFolder } from "../scripts/out-folder.ts"
import { frontierReport } from "./diffusion/frontier.ts"
import { baseline, methods } from "./diffusion/methods.ts"
import { taskFamilies } from "./diffusion/tasks.ts"
import { stepCosts } from "./diffusion/step-cost.ts"
import { unmaskerCosts } from "./diffusion/unmasker-cost.ts"

const root = fileURLToPath(new URL("..", import.meta.url))
const { values, rest } = readOptions({
  call: "npm run bench:diffusion --",
  about: "Methods of masked diffusion beside each other, and what their steps cost.",
  options: {
    model: optionalText("FOLDER", "the model of frontier", "the embedded one"),
    methods: optionalText("NAME,…", "methods of frontier beside the baseline", "all"),
    prices: optionalText(
      "FOLDER",
      "the checkpoint that unmaskers and steps are priced on",
      "../shared/models/SmolLM2-135M-Instruct",
    ),
    examples: countOr(40, "exercises of each kind"),
    canvas: countOr(32, "positions of a canvas, a multiple of 32"),
    rounds: countOr(15, "turns of unmaskers and steps"),
    seed: countOr(1, "what exercises are drawn by", 0),
    threads: countOr(1, "threads of frontier"),
    out: textOr(join(root, "bench", "results", "diffusion"), "FOLDER", "where reports go"),
  },
  rest: {
    placeholder: "[SECTION …]",
    about: "all of them where none is named",
    names: {
      frontier: "right answers over tokens per forward, of every method at several settings",
      unmaskers: "what an unmasker costs beside a forward",
      steps: "a cached step by canvas and active block, and the full step",
    },
  },
})
const shared = process.env["PARADE_SHARED"] ?? join(root, "..", "shared")
const prices = values.prices ?? join(shared, "models", "SmolLM2-135M-Instruct")
const { rounds } = values

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
        threads: values.threads,
      },
    },
    methods: chosen,
    // A family with methods of its own is asked of another model.
    families: taskFamilies.filter(
      ({ methods: own }) => own === undefined || (names === undefined && values.model === undefined),
    ),
    count: values.examples,
    canvas: values.canvas,
    seed: values.seed,
    folder: values.out,
    base: process.cwd(),
  }),
  unmaskers: priced(unmaskerCosts),
  steps: priced(stepCosts),
}

const wanted = rest.length === 0 ? Object.keys(sections) : rest
makeOutFolder(values.out)
for (const name of wanted) {
  console.log(`## ${name}\n`)
  const text = await Effect.runPromise(
    Effect.catch(sections[name]!, (error) => Effect.succeed(error.describe())),
  )
  console.log(`${text}\n`)
  writeFileSync(join(values.out, `${name}.txt`), `${text}\n`)
}
