import { createHash } from "node:crypto"
import { join } from "node:path"
import { bareName, type CacheFactory, type Model, type ParadeError, type Sampler } from "@parade/core"
import type { Refresh, Schedule, Unmasker } from "@parade/denoising"
import { maskedDiffusion } from "@parade/masked-diffusion"
import { decoderFigures, numberedNames } from "@parade/model-recipes"
import { type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  constantSchedule,
  makeFolder,
  makeParameterStore,
  type ParameterStore,
  readFeed,
  readLog,
  train,
} from "@parade/training"
import { floatBytes } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { keptExamples, type ReplayOptions, type SplitExamples } from "./examples.ts"
import { filterOf } from "./filter.ts"
import { readFilter, writeFilter } from "./filter-file.ts"
import { filterFeeds, filterLoss, parameterNames, weightsFrom } from "./filter-loss.ts"
import { judgeFilter, recallAtPrecision } from "./judge-filter.ts"
import { learn2pd } from "./learn2pd.ts"
import type { Learn2pdRecipeConfig } from "./recipe-config.ts"

/** What fills the recipe's slots. */
export interface Learn2pdRecipeParts {
  readonly model: Model
  readonly tasks: readonly Task[]
  /** Gives the reference answers, and what is filled in every step beside the filter. */
  readonly rule: Unmasker
  /** Compared with the filter in the end. */
  readonly unmaskers: readonly Unmasker[]
  readonly schedule: Schedule
  readonly refresh: Refresh
  readonly sampler: Sampler
  readonly cache: CacheFactory
}

const recipe = "@parade/learn2pd"

/** The thresholds at which a filter is judged: LLaDA's, Dream's. */
const thresholds = [0.96, 0.9] as const

const sourceOf = (parts: Learn2pdRecipeParts, config: Learn2pdRecipeConfig): string => {
  const { block, canvas, prompts, validationPrompts, testPrompts, seed } = config
  const { model, tasks, rule, schedule, refresh } = parts
  const { info } = model
  const decisive = [
    [block, canvas, prompts, validationPrompts, testPrompts, seed],
    [info.name, info.architecture, info.width, info.layers, info.dtype, info.vocabularyFingerprint],
    [rule.name, schedule.name, refresh.name],
    tasks.map((task) => [task.name, task.description, task.size]),
  ]
  return createHash("sha256").update(JSON.stringify(decisive)).digest("hex").slice(0, 16)
}

const fingerprintOf = ({ train: table }: SplitExamples, config: Learn2pdRecipeConfig): string => {
  const { seed, rate, weightDecay, evaluateEvery } = config
  const hash = createHash("sha256")
    .update(JSON.stringify([seed, rate, weightDecay, evaluateEvery]))
    .update(floatBytes(table.confidences, "F32"))
    .update(floatBytes(table.labels, "F32"))
  return `${recipe}, ${hash.digest("hex").slice(0, 16)}`
}

const replayOptions = (parts: Learn2pdRecipeParts, config: Learn2pdRecipeConfig): ReplayOptions => {
  const { model, tasks, rule, schedule, refresh, sampler, cache } = parts
  const { seed, block, canvas } = config
  return {
    tasks,
    seed,
    block,
    canvas,
    rule,
    decoder: (unmasker) => maskedDiffusion({ model, schedule, refresh, sampler, cache, unmasker }),
  }
}

/** What the kept filter says of examples nobody chose it by. */
const testFigures = (folder: string, { test, counts }: SplitExamples) =>
  Effect.map(readFilter(folder), (weights) => {
    const filter = filterOf(weights)
    const judged = Object.fromEntries(
      thresholds.flatMap((threshold) => {
        const { precision, recall, falsePositives } = judgeFilter(test, filter, threshold)
        return [
          [`precision.${threshold}`, precision],
          [`recall.${threshold}`, recall],
          [`falsePositives.${threshold}`, falsePositives],
          // What confidences give one by one, without the rest of their block.
          [`recall.${threshold}/confidence alone`, recallAtPrecision(test, precision)],
        ]
      }),
    )
    return {
      ...judged,
      "forwards.reference": counts.referenceForwards,
      "forwards.oracle": counts.oracleForwards,
      forced: counts.forced,
    }
  })

/** What the kept filter answers with and without predicted ends, beside the other rules. */
const answerFigures = (
  folder: string,
  parts: Learn2pdRecipeParts,
  config: Learn2pdRecipeConfig,
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.gen(function* () {
    const { rule, tasks, unmaskers } = parts
    const { decoder, canvas, seed } = replayOptions(parts, config)
    const filter = filterOf(yield* readFilter(folder))
    const named = numberedNames(unmaskers.map(({ name }) => name))
    const rules = [
      ...unmaskers.map((unmasker, i) => ({ name: named[i]!, unmasker })),
      ...thresholds.flatMap((threshold) =>
        (["off", "canvas"] as const).map((endOfText) => ({
          name: `learn2pd ${threshold}${endOfText === "off" ? "" : " + EoTP"}`,
          unmasker: learn2pd({ filter, threshold, rule, endOfText, endConfidence: 0 }),
        })),
      ),
    ]
    const names = numberedNames(tasks.map(({ name }) => bareName(name)))
    return yield* decoderFigures(
      rules.map(({ name, unmasker }) => ({ name, decoder: decoder(unmasker) })),
      tasks.map((task, i) => ({ name: names[i]!, task })),
      { count: config.answers, seed, maxTokens: canvas },
    )
  })

const follow = (
  config: Learn2pdRecipeConfig,
  parts: Learn2pdRecipeParts,
  { folder, device, steps, onStep }: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { block, seed, rate, weightDecay } = config
    const { info, tokenizer } = parts.model
    if (tokenizer === undefined)
      return yield* Effect.fail(
        new RecipeError({
          code: "recipe.no-tokenizer",
          message: `${info.name} has no tokenizer to read prompts with.`,
          advice: "Train a filter for a model that has one.",
        }),
      )
    yield* makeFolder(folder)
    const examples = yield* keptExamples(
      join(folder, "examples.safetensors"),
      sourceOf(parts, config),
      replayOptions(parts, config),
      config,
    )
    const lowering = { kind: device.lowering, without: device.without }
    const graphOf = (table: "train" | "validation") =>
      filterLoss(examples[table].count, block, seed, lowering)
    const graph = graphOf("train")
    const step = yield* compileStep(device, graph, {
      optimizer: { decay: (_, shape) => (shape.length > 1 ? weightDecay : 0) },
    })
    const evaluate = yield* compileEvaluation(device, graphOf("validation"))
    const store = makeParameterStore()
    addParameters(store, graph)
    const [batch, validation] = [filterFeeds(examples.train), filterFeeds(examples.validation)]
    const weightsNow = (now: ParameterStore) =>
      Effect.promise(async () => {
        const values = new Map<string, Float32Array>()
        for (const name of parameterNames)
          values.set(name, (await readFeed(now.states.get(name)!.value)).slice())
        return weightsFrom(block, (name) => values.get(name)!)
      })
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${fingerprintOf(examples, config)}, ${steps} steps`,
      step,
      store,
      steps,
      schedule: constantSchedule(rate),
      batch: () => Effect.succeed(batch),
      checkpointEvery: config.checkpointEvery,
      evaluation: {
        every: config.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const { loss } = yield* evaluate(now, validation)
            // The log is that of the steps before, also of a run that was resumed.
            const earlier = (yield* readLog(join(folder, "log.jsonl"))).flatMap(({ evaluation }) =>
              evaluation === undefined ? [] : [evaluation["loss.validation"]!],
            )
            const weights = yield* weightsNow(now)
            if (loss! < Math.min(...earlier, Infinity))
              yield* writeFilter(folder, weights, {
                backbone: info.name,
                vocabularyFingerprint: info.vocabularyFingerprint,
              })
            const { falsePositives } = judgeFilter(examples.validation, filterOf(weights), 0.9)
            const figures = { "loss.validation": loss!, "falsePositives.validation": falsePositives }
            if (now.steps < steps) return figures
            return {
              ...figures,
              ...(yield* testFigures(folder, examples)),
              ...(yield* answerFigures(folder, parts, config)),
            }
          }),
      },
      onStep,
    })
  })

/** The recipe of a filter for a model. */
export const learn2pdRecipe = (config: Learn2pdRecipeConfig, parts: Learn2pdRecipeParts): Recipe => ({
  name: recipe,
  description: `a filter of ${2 * config.block * (config.block + 1)} numbers over the confidences of ${parts.model.info.name}`,
  steps: config.steps,
  tokensPerStep: config.prompts * config.block,
  writes: ["examples.safetensors", "filter.safetensors", "filter.json"],
  train: (run) => follow(config, parts, run),
})
