import type { CacheFactory, ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import {
  checkSettings,
  fingerprintOf,
  freshRequest,
  heldOutBatches,
  modelFiles,
  openTrained,
  readTextAndTasks,
  taskAccuracy,
  type TextAndTasks,
  trainModel,
} from "@parade/model-recipes"
import { chatPrompt, mixture, type Recipe, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { modelCard } from "./card.ts"
import type { TinyTextConfig } from "./config.ts"
import { type CountedSource, sourcesOf } from "./data.ts"
import { ngramLosses } from "./evaluate.ts"
import { greedyTokens } from "./greedy-tokens.ts"
import { feedsOf, lossGraph, modelConfig } from "./model.ts"

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

const recipe = "@parade/model-tiny-text"

/** Everything that is known only at the end: the baseline's losses, and what the saved model answers. */
const finalFigures = (
  config: TinyTextConfig,
  { attention, cache }: TinyTextParts,
  run: RecipeRun,
  { encode, tasks, tokenizer }: TextAndTasks,
  sources: readonly CountedSource[],
): Effect.Effect<Readonly<Record<string, number>>, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, answers: count } = config
    const model = yield* openTrained(run, "model-tiny-text", attention)
    const figures = { ...(yield* ngramLosses(sources, tokenizer.vocabularySize, config)) }
    for (const { name, task } of tasks) {
      const accuracies = yield* taskAccuracy(task, { name, count, seed }, ({ prompt, answer }) => {
        const most = 2 * encode(answer).length + 8
        return Effect.map(greedyTokens(model, cache, chatPrompt(prompt, encode), most), (tokens) =>
          tokenizer.decode(tokens),
        )
      })
      Object.assign(figures, accuracies)
    }
    return figures
  })

const follow = (
  config: TinyTextConfig,
  parts: TinyTextParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { text, seed, shares, vocabulary, batch } = config
    const { folder, device, steps } = run
    const { base, tasks } = parts
    const data = yield* readTextAndTasks({ text, base, tasks, seed, vocabulary, folder })
    const sources = yield* sourcesOf(config, data)
    const settings = modelConfig(config, data.tokenizer.vocabularySize)
    const request = freshRequest(recipe, settings, parts.attention, config)
    const { layers, width, inner, heads, keyValueHeads, length, rate, warmup, weightDecay } = config
    const model = { layers, width, inner, heads, keyValueHeads, length }
    const decisive = { shares, seed, ...model, batch, rate, warmup, weightDecay }
    const chosen = mixture(shares, seed)
    yield* trainModel({
      recipe,
      settings: config,
      run,
      request,
      config: settings,
      graph: lossGraph(request, device),
      fingerprint: fingerprintOf(recipe, decisive, data, steps),
      batch: (place) => {
        const places = Array.from({ length: batch }, (_, i) => place * batch + i)
        return feedsOf(
          request,
          places.map((row) => sources[chosen(row)]!.window(row)),
        )
      },
      heldOut: () =>
        sources.map((source) => ({
          name: source.name,
          batches: heldOutBatches(source, config).map((windows) => feedsOf(request, windows)),
        })),
      finalFigures: finalFigures(config, parts, run, data, sources),
      card: (parameters) => modelCard(config, tasks, run, parameters),
    })
  })

/**
 * The recipe of the tiny text model.
 *
 * @throws RecipeError or ModelError where the config is of no model.
 */
export const tinyText = (config: TinyTextConfig, parts: TinyTextParts): Recipe => {
  checkSettings(config, parts.tasks.length, parts.path)
  mixture(config.shares, config.seed)
  freshRequest(recipe, modelConfig(config, config.vocabulary), parts.attention, config)
  return {
    name: recipe,
    description: `a Llama of ${config.layers} layers and width ${config.width}, on text and ${parts.tasks.length} tasks`,
    steps: config.steps,
    tokensPerStep: config.batch * config.length,
    writes: modelFiles,
    train: (run) => follow(config, parts, run),
  }
}
