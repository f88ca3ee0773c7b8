/**
 * How probable the texts of a bench are to a model, which shows what a lossy pipeline has traded for its speed:
 *
 *     npm run parade -- bench PIPELINE.json … --json report.json [--prompts FILE]
 *     node --import tsx bench/likelihood.ts report.json [--model FOLDER] [--prompts FILE]
 *
 * For each pipeline the mean log-probability of a token at temperature 1, in nats, given prompt and text before it, and
 * the share of different ones among the trigrams of a text: what repeats itself is probable too.
 */
import { readFileSync } from "node:fs"
import { contiguous } from "@parade/contiguous"
import { composeAs, isParadeError, ModelKind } from "@parade/core"
import { tokenLosses } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { promptTokens } from "../cli/bench/measure.ts"
import { standardPrompts } from "../cli/bench/prompts.ts"
import { readPrompts } from "../cli/bench/read-prompts.ts"
import type { BenchResult } from "../cli/bench/sample.ts"
import { makePaint } from "../cli/colour.ts"
import { openRegistry } from "../cli/load-plugins.ts"
import { modelSource } from "../cli/read-pipeline.ts"
import { table } from "../cli/table.ts"
import { readOptions, text } from "../scripts/options.ts"

const { values: given, rest } = readOptions({
  call: "node --import tsx bench/likelihood.ts",
  about: "How probable the texts of a bench are to a model.",
  options: {
    model: text("FOLDER", "the model that is asked", "the embedded one"),
    prompts: text("FILE", "the prompts of the bench", "its standard ones"),
  },
  rest: { placeholder: "REPORT", about: "what parade bench wrote with --json", most: 1 },
})
const [report] = rest
if (report === undefined) {
  console.error("Name the report that parade bench wrote with --json.")
  process.exit(2)
}

/** Different trigrams over all trigrams; 1 where nothing is said twice. */
const variety = (tokens: readonly number[]): number => {
  const all = tokens.slice(2).map((token, i) => `${tokens[i]} ${tokens[i + 1]} ${token}`)
  return all.length === 0 ? 1 : new Set(all).size / all.length
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

const program = Effect.gen(function* () {
  const { pipelines, samples } = JSON.parse(readFileSync(report, "utf8")) as BenchResult
  const source = given.model === undefined ? {} : { with: { source: modelSource(given.model) } }
  const model = yield* composeAs(
    ModelKind,
    { use: "@parade/transformer", ...source },
    { registry: openRegistry(".") },
  )
  const prompts = new Map<string, Int32Array>()
  const asked =
    given.prompts === undefined
      ? standardPrompts
      : readPrompts(readFileSync(given.prompts, "utf8"), given.prompts)
  for (const prompt of asked) prompts.set(prompt.id, yield* promptTokens(model, prompt))

  const rows: string[][] = []
  for (const pipeline of pipelines) {
    const logProbabilities: number[] = []
    const varieties: number[] = []
    for (const { prompt, tokens } of samples.filter(
      (each) => each.pipeline === pipeline && each.round === 0,
    )) {
      const before = prompts.get(prompt)
      if (before === undefined) throw new Error(`The report names the prompt ${prompt}, which is not given.`)
      const losses = yield* Effect.scoped(
        Effect.gen(function* () {
          const cache = yield* contiguous().make(yield* model.makeStore)
          return yield* tokenLosses(model, cache, [...before, ...tokens])
        }),
      )
      for (const loss of losses.subarray(before.length - 1)) logProbabilities.push(-loss)
      varieties.push(variety(tokens))
    }
    rows.push([
      pipeline,
      String(logProbabilities.length),
      mean(logProbabilities).toFixed(2),
      mean(varieties).toFixed(2),
    ])
  }
  console.log(table(["pipeline", "tokens", "log p", "different trigrams"], rows, makePaint(false)))
})

try {
  await Effect.runPromise(Effect.scoped(program))
} catch (error) {
  console.error(isParadeError(error) ? error.describe() : String(error))
  process.exit(1)
}
