import { join } from "node:path"
import type { CacheFactory, ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import { mixture, type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  cosineSchedule,
  makeParameterStore,
  train,
  writeWhole,
} from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { taskAccuracy } from "./answers.ts"
import { modelCard } from "./card.ts"
import type { TinyTextConfig } from "./config.ts"
import { prepareData, type TinyTextData } from "./data.ts"
import { heldOutLosses, ngramLosses } from "./evaluate.ts"
import { fingerprintOf } from "./fingerprint.ts"
import { feedsOf, lossGraph, modelConfig, requestOf } from "./model.ts"
import { openSaved, save } from "./saved-model.ts"

/** What fills the recipe's slots, and where it stands. */
export interface TinyTextParts {
  readonly tasks: readonly Task[]
  readonly attention: Attention
  readonly cache: CacheFactory
  /** Where relative paths start. */
  readonly base: string
  /** The recipe's place in its JSON. */
  readonly path: string
}

const refuse = (path: string, code: string, message: string, advice: string): RecipeError =>
  new RecipeError({ code, message, advice, path })

/** What a schema cannot say of a config. */
const checkConfig = (config: TinyTextConfig, { tasks, path }: TinyTextParts): void => {
  const { shares, ngramOrder, vocabulary } = config
  if (shares.length !== tasks.length + 1)
    throw refuse(
      `${path}.with.shares`,
      "recipe.bad-shares",
      `There are ${shares.length} shares for one text and ${tasks.length} tasks.`,
      "Give one for each.",
    )
  if (vocabulary ** ngramOrder > Number.MAX_SAFE_INTEGER)
    throw refuse(
      `${path}.with.ngramOrder`,
      "recipe.bad-ngram",
      `Sequences of ${ngramOrder} out of ${vocabulary} tokens cannot be counted.`,
      "Choose a smaller order.",
    )
}

/** Everything that is known only at the end: the baseline's losses, and what the saved model answers. */
const finalFigures = (
  config: TinyTextConfig,
  parts: TinyTextParts,
  run: RecipeRun,
  data: TinyTextData,
): Effect.Effect<Readonly<Record<string, number>>, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, answers: count } = config
    const model = yield* openSaved(run, parts.attention)
    const figures = { ...(yield* ngramLosses(data, config)) }
    for (const [index, task] of parts.tasks.entries()) {
      const options = { name: data.sources[index + 1]!.name, count, seed, encode: data.encode }
      Object.assign(figures, yield* taskAccuracy(model, parts.cache, task, options))
    }
    return figures
  })

const follow = (
  config: TinyTextConfig,
  parts: TinyTextParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps } = run
    const data = yield* prepareData(config, parts.tasks, { base: parts.base, folder })
    const settings = modelConfig(config, data.tokenizer.vocabularySize)
    const request = requestOf(config, settings, parts.attention)
    const graph = lossGraph(request, device)
    const { rate, warmup, weightDecay, batch } = config
    const step = yield* compileStep(device, graph, {
      optimizer: { decay: (_, shape) => (shape.length > 1 ? weightDecay : 0) },
    })
    const evaluate = yield* compileEvaluation(device, graph)
    const store = makeParameterStore()
    addParameters(store, graph)
    const chosen = mixture(config.shares, config.seed)
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: fingerprintOf(config, parts.tasks, data, steps),
      step,
      store,
      steps,
      schedule: cosineSchedule({
        peak: rate,
        steps,
        warmup: Math.min(warmup, Math.ceil(steps / 10)),
        floor: 0.1,
      }),
      batch: (place) =>
        Effect.sync(() => {
          const places = Array.from({ length: batch }, (_, i) => place * batch + i)
          return feedsOf(
            request,
            places.map((row) => data.sources[chosen(row)]!.window(row)),
          )
        }),
      checkpointEvery: config.checkpointEvery,
      evaluation: {
        every: config.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const losses = yield* heldOutLosses(evaluate, now, request, data.sources, config)
            if (now.steps < steps) return losses
            yield* save(run, request, settings, now)
            return { ...losses, ...(yield* finalFigures(config, parts, run, data)) }
          }),
      },
      onStep: run.onStep,
    })
    yield* save(run, request, settings, store)
    yield* writeWhole(join(folder, "README.md"), yield* modelCard(config, parts.tasks, run, step.parameters))
  })

/**
 * The recipe of the tiny text model.
 *
 * @throws RecipeError or ModelError where the config is of no model.
 */
export const tinyText = (config: TinyTextConfig, parts: TinyTextParts): Recipe => {
  checkConfig(config, parts)
  mixture(config.shares, config.seed)
  requestOf(config, modelConfig(config, config.vocabulary), parts.attention)
  return {
    name: "@parade/model-tiny-text",
    description: `a Llama of ${config.layers} layers and width ${config.width}, on text and ${parts.tasks.length} tasks`,
    steps: config.steps,
    tokensPerStep: config.batch * config.length,
    writes: ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "README.md"],
    train: (run) => follow(config, parts, run),
  }
}
