import { join } from "node:path"
import type { CacheFactory, ParadeError } from "@parade/core"
import { ownTexts } from "@parade/drafter-recipes"
import { trainedFor } from "@parade/drafting"
import type { Device } from "@parade/graph"
import type { ModelText, Recipe, RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { appendLog, cutLog, makeFolder, type StepRecord } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type CountedTrigrams, type TrigramCounter, trigramCounter } from "./counted-trigrams.ts"
import type { AdedRecipeConfig } from "./recipe-config.ts"
import { writeTable } from "./table-file.ts"
import { trigramTable } from "./trigram-table.ts"

/** What fills the recipe's slots. */
export interface AdedRecipeParts {
  /** Opens the model whose texts are counted. */
  readonly backbone: (device: Device) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/aded"

/** The model's own words, each behind the two tokens before it. */
function* ownTrigrams(texts: readonly ModelText[]): Generator<readonly [number, number, number]> {
  for (const { tokens, from } of texts)
    for (let i = Math.max(2, from); i < tokens.length; i++) yield [tokens[i - 2]!, tokens[i - 1]!, tokens[i]!]
}

/** How often a table, as it was counted, has the next token of the model's own words first, and at all. */
export const tableFigures = (
  counted: CountedTrigrams,
  texts: readonly ModelText[],
): Readonly<Record<string, number>> => {
  const table = trigramTable(counted, { bump: 0, cap: 0 })
  let [places, first, any] = [0, 0, 0]
  for (const [a, b, c] of ownTrigrams(texts)) {
    const rank = table.successors(a, b)?.tokens.indexOf(c) ?? -1
    places++
    if (rank === 0) first++
    if (rank >= 0) any++
  }
  return { "known.first": first / places, known: any / places }
}

/** Of what is expected, the part that goes to all tokens alike: a table knows few of those that may follow. */
const evenly = 0.1

/** Nats a token of the model's own words, by what was counted so far. */
const lossOf = (counter: TrigramCounter, texts: readonly ModelText[], vocabulary: number): number => {
  let [places, sum] = [0, 0]
  for (const [a, b, c] of ownTrigrams(texts)) {
    sum -= Math.log((1 - evenly) * counter.share(a, b, c) + evenly / vocabulary)
    places++
  }
  return places === 0 ? 0 : sum / places
}

const follow = (
  config: AdedRecipeConfig,
  parts: AdedRecipeParts,
  { folder, device, steps, onStep }: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { batch, successors } = config
    yield* makeFolder(folder)
    const { model } = yield* parts.backbone(device)
    const { vocabularySize } = model.info
    const { train, heldOut } = yield* ownTexts(folder, model, parts, config, {
      least: 2,
      tooShort: { than: "the end of the text", advice: "Take other tasks." },
    })
    // Counting takes moments: what was stopped is counted anew, from the texts that are kept.
    const log = join(folder, "log.jsonl")
    yield* cutLog(log, 0)
    const counter = trigramCounter()
    let counted: CountedTrigrams | undefined
    let taken = 0
    for (let step = 1; step <= steps; step++) {
      const started = performance.now()
      // Before they are counted; those of steps beyond the last text are none.
      const texts = train.slice(taken, step * batch)
      const loss = lossOf(counter, texts, vocabularySize)
      for (const { tokens } of texts) counter.add(tokens)
      taken += texts.length
      if (step === steps) counted = counter.counted(successors)
      const record: StepRecord = {
        step,
        rate: 0,
        gradientNorm: 0,
        metrics: { loss, texts: taken, trigrams: counter.size() },
        ...(counted === undefined
          ? {}
          : {
              evaluation: {
                "loss.held out": lossOf(counter, heldOut, vocabularySize),
                ...tableFigures(counted, heldOut),
              },
            }),
        seconds: (performance.now() - started) / 1000,
      }
      yield* appendLog(log, record)
      onStep(record)
      yield* Effect.yieldNow
    }
    yield* writeTable(folder, counted ?? counter.counted(successors), {
      backbone: model.info.name,
      ...trainedFor({ vocabularyFingerprint: model.info.vocabularyFingerprint }),
      texts: taken,
      tokens: train.slice(0, taken).reduce((sum, { tokens }) => sum + tokens.length, 0),
    })
  })

/** The recipe of a table of tri-grams, of a model's own continuations and their prompts. */
export const adedRecipe = (config: AdedRecipeConfig, parts: AdedRecipeParts): Recipe => ({
  name,
  description: `tri-grams of what ${config.source} says, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * (config.promptLength + config.continuation),
  writes: ["table.safetensors", "table.json"],
  train: (run) => follow(config, parts, run),
})
