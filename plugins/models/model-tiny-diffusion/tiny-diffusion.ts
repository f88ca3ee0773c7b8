import type { ParadeError } from "@parade/core"
import type { Attention } from "@parade/layers"
import {
  checkSettings,
  fingerprintOf,
  freshRequest,
  heldOutBatches,
  modelFiles,
  openTrained,
  readTextAndTasks,
  type TextAndTasks,
  trainModel,
} from "@parade/model-recipes"
import { mixture, type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import type { TrainingError } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { type DecodingParts, ruleFigures, ruleNames } from "./answers.ts"
import { modelCard } from "./card.ts"
import type { TinyDiffusionConfig } from "./config.ts"
import { ngramLosses } from "./evaluate.ts"
import { feedsOf, lossGraph, maskToken, modelConfig } from "./model.ts"
import type { PassageSource } from "./passage.ts"
import { taskPassages } from "./task-passages.ts"
import { textPassages } from "./text-passages.ts"

/** What fills the recipe's slots, and where it stands. */
export interface TinyDiffusionParts extends DecodingParts {
  readonly tasks: readonly Task[]
  readonly attention: Attention
  /** Where relative paths start. */
  readonly base: string
  /** The recipe's place in its JSON. */
  readonly path: string
}

const recipe = "@parade/model-tiny-diffusion"

/** Digits, and the mark of what is missing: cells of a square then stand at the same places before and after. */
const isolated = [..."0123456789_"]

/** The text, then the tasks. */
const sourcesOf = (
  { length, given, chat, seed }: TinyDiffusionConfig,
  { text, tasks, encode }: TextAndTasks,
): Effect.Effect<readonly PassageSource[], TrainingError> =>
  Effect.try({
    try: () => [
      textPassages({ ...text, length, seed }),
      ...tasks.map(({ name, task }) => taskPassages({ name, task, encode, length, given, chat, seed })),
    ],
    catch: (cause) => cause as TrainingError,
  })

const finalFigures = (
  config: TinyDiffusionConfig,
  parts: TinyDiffusionParts,
  run: RecipeRun,
  { tokenizer, tasks }: TextAndTasks,
  sources: readonly PassageSource[],
): Effect.Effect<Readonly<Record<string, number>>, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { seed, answers: count, canvas } = config
    const model = yield* openTrained(run, "model-tiny-diffusion", parts.attention)
    const { unmaskers, schedule, refresh, sampler, cache } = parts
    const decoding = { unmaskers, schedule, refresh, sampler, cache }
    return {
      ...ngramLosses(sources, tokenizer.vocabularySize, config),
      ...(yield* ruleFigures(model, decoding, tasks, { count, seed, canvas })),
    }
  })

const follow = (
  config: TinyDiffusionConfig,
  parts: TinyDiffusionParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { text, seed, shares, vocabulary, batch, weighting, heldOutBatches: judged } = config
    const { folder, device, steps } = run
    const { base, tasks } = parts
    const data = yield* readTextAndTasks({
      text,
      base,
      tasks,
      seed,
      vocabulary,
      folder,
      maskToken,
      isolated,
    })
    const sources = yield* sourcesOf(config, data)
    const settings = modelConfig(config, data.tokenizer.vocabularySize)
    const request = freshRequest(recipe, settings, parts.attention, config)
    const { layers, width, inner, heads, keyValueHeads, length, given, chat, rate, warmup, weightDecay } =
      config
    const model = { layers, width, inner, heads, keyValueHeads, length }
    const decisive = { shares, seed, ...model, batch, given, chat, weighting, rate, warmup, weightDecay }
    const chosen = mixture(shares, seed)
    yield* trainModel({
      recipe,
      settings: config,
      run,
      request,
      config: settings,
      generation: { max_new_tokens: config.canvas },
      graph: lossGraph(request, device),
      fingerprint: fingerprintOf(recipe, decisive, data, steps),
      batch: (place) => {
        const rows = Array.from({ length: batch }, (_, i) => place * batch + i)
        return feedsOf(
          request,
          rows.map((row) => sources[chosen(row)]!.sequence(row)),
          // Batches that are judged by have the first places.
          { seed, place: judged + place, weighting },
        )
      },
      heldOut: () =>
        sources.map((source) => ({
          name: source.name,
          batches: heldOutBatches(source, config).map((sequences, place) =>
            // Whatever it is trained by, it is judged by the bound.
            feedsOf(request, sequences, { seed, place, weighting: 1 }),
          ),
        })),
      finalFigures: finalFigures(config, parts, run, data, sources),
      card: (parameters) => modelCard(config, tasks, ruleNames(parts.unmaskers), run, parameters),
    })
  })

/**
 * The recipe of the tiny masked-diffusion model.
 *
 * @throws RecipeError or ModelError where the config is of no model.
 */
export const tinyDiffusion = (config: TinyDiffusionConfig, parts: TinyDiffusionParts): Recipe => {
  checkSettings(config, parts.tasks.length, parts.path)
  if (config.context < config.length)
    throw new RecipeError({
      code: "recipe.bad-context",
      message: `Sequences of ${config.length} do not fit into a context of ${config.context}.`,
      advice: "Make the context as long, or longer.",
      path: `${parts.path}.with.context`,
    })
  mixture(config.shares, config.seed)
  freshRequest(recipe, modelConfig(config, config.vocabulary), parts.attention, config)
  return {
    name: recipe,
    description: `a LLaDA of ${config.layers} layers and width ${config.width}, on text and ${parts.tasks.length} tasks`,
    steps: config.steps,
    tokensPerStep: config.batch * config.length,
    writes: [...modelFiles, "generation_config.json"],
    train: (run) => follow(config, parts, run),
  }
}
