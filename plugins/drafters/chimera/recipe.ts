import { createHash } from "node:crypto"
import { join } from "node:path"
import { type CacheFactory, firstRows, type ParadeError, uniform } from "@parade/core"
import type { Device } from "@parade/graph"
import type { Attention } from "@parade/layers"
import {
  collectTexts,
  headMatrix,
  keptTexts,
  type ModelText,
  type Recipe,
  RecipeError,
  type RecipeRun,
  type SplitTexts,
  taskPrompts,
} from "@parade/recipes"
import type { Task } from "@parade/tasks"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  cosineSchedule,
  makeFolder,
  makeParameterStore,
  normals,
  type ParameterStore,
  readFeed,
  train,
} from "@parade/training"
import { type Backbone, namedTensors, weightPlaces } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { blockArchitecture, type BlockShape, blockTensors, unusedTensor } from "./block.ts"
import { drafterFeeds, drafterLoss, type DraftLayout, isTrained, type Trainee } from "./drafter-loss.ts"
import { accuracyMeter, type MeasuredAccuracy } from "./measure-accuracy.ts"
import type { ChimeraRecipeConfig } from "./recipe-config.ts"
import { headName } from "./residual-head.ts"
import { trigramNames } from "./trigram-encoder.ts"
import { type Weights, writeChimera } from "./weights.ts"

/** What fills the recipe's slots. */
export interface ChimeraRecipeParts {
  /** Opens the frozen model on the device that is trained on, with the output named. */
  readonly backbone: (device: Device, output: string) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  /** Of the drafter's block. */
  readonly attention: Attention
  readonly cache: CacheFactory
}

const name = "@parade/chimera"

/** What decides the texts and their states. */
const sourceOf = (
  { identity }: Backbone,
  { tasks }: ChimeraRecipeParts,
  config: ChimeraRecipeConfig,
): string => {
  const { prompts, heldOutPrompts, promptLength, continuation, seed } = config
  const decisive = [
    [prompts, heldOutPrompts, promptLength, continuation, seed],
    identity,
    tasks.map((task) => [task.name, task.description, task.size]),
  ]
  return createHash("sha256").update(JSON.stringify(decisive)).digest("hex").slice(0, 16)
}

const collect = (
  { model }: Backbone,
  { tasks, cache }: ChimeraRecipeParts,
  config: ChimeraRecipeConfig,
): Effect.Effect<SplitTexts, ParadeError> =>
  Effect.gen(function* () {
    const { seed, promptLength: length, continuation } = config
    const texts = (split: "train" | "test", count: number) =>
      Effect.gen(function* () {
        const prompts = yield* taskPrompts(model, tasks, { split, seed, count, length })
        const found: readonly ModelText[] = yield* collectTexts(model, cache, prompts, {
          continuation,
          least: 2,
          output: "hidden.final",
        })
        return found.length > 0
          ? found
          : yield* Effect.fail(
              new RecipeError({
                code: "recipe.short-answers",
                message: `${model.info.name} continues none of ${prompts.length} prompts by more than one token.`,
                advice: "Take other tasks.",
              }),
            )
      })
    return {
      train: yield* texts("train", config.prompts),
      heldOut: yield* texts("test", config.heldOutPrompts),
    }
  })

/** Where encoder and heads start: no residual, a normal projection, and heads that add state and estimate. */
const startOf = (width: number, { levels, seed }: ChimeraRecipeConfig): Weights => {
  const wide = 3 * width
  const next = normals(seed)(trigramNames.project)
  const weights = new Map([
    [trigramNames.mix as string, new Float32Array(wide * wide)],
    [trigramNames.bias, new Float32Array(wide)],
    [trigramNames.project, Float32Array.from({ length: width * wide }, () => next() / Math.sqrt(wide))],
  ])
  for (let level = 1; level <= levels; level++) {
    const sum = new Float32Array(2 * width * width)
    for (let i = 0; i < width; i++) sum[i * 2 * width + i] = sum[i * 2 * width + width + i] = 1
    weights.set(headName(level), sum)
  }
  return weights
}

const traineeOf = (
  { model, architecture }: Backbone,
  attention: Attention,
  config: ChimeraRecipeConfig,
): Effect.Effect<Trainee, ParadeError> =>
  Effect.gen(function* () {
    const { width, vocabularySize, contextLength } = model.info
    const { heads: attentionHeads, headWidth } = architecture.attention
    const { feedForward, seed, without } = config
    const block: BlockShape = { width, attentionHeads, headWidth, feedForward, contextLength }
    return {
      block,
      attention,
      tensors: blockTensors(blockArchitecture(block), attention, new Map(), normals(seed)),
      weights: startOf(width, config),
      without,
      embedding: yield* model.embed(firstRows(vocabularySize)),
      lmHead: yield* headMatrix(model),
    }
  })

/** The drafter as it is in the store, by the names of the file. */
const weightsOf = (
  store: ParameterStore,
  trainee: Trainee,
  lowering: Parameters<typeof drafterLoss>[3],
): Effect.Effect<Weights> =>
  Effect.gen(function* () {
    const values = new Map<string, Float32Array>()
    for (const [parameter, { value }] of store.states)
      values.set(parameter, yield* Effect.promise(() => readFeed(value)))
    const weights = new Map<string, Float32Array>()
    for (const [weight, start] of trainee.weights) weights.set(weight, values.get(weight) ?? start)
    const places = weightPlaces({
      architecture: blockArchitecture(trainee.block),
      attention: trainee.attention,
      tensors: namedTensors(trainee.tensors),
      sequences: { count: 1, length: 1 },
      lowering,
    })
    for (const { name: tensor, collect: gather, shape } of places)
      if (tensor !== unusedTensor)
        weights.set(
          tensor,
          gather((identity) => values.get(identity) ?? new Float32Array(shape.reduce((a, b) => a * b, 1))),
        )
    return weights
  })

const accuracyFigures = ({ accuracy }: MeasuredAccuracy): Readonly<Record<string, number>> =>
  Object.fromEntries(
    accuracy.flatMap((row, i) => [
      [`accuracy.level${i + 1}`, row[0]!],
      [`accuracy.level${i + 1}/top-5`, row.slice(0, 5).reduce((sum, share) => sum + share, 0)],
    ]),
  )

const follow = (
  config: ChimeraRecipeConfig,
  parts: ChimeraRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps, onStep } = run
    const { levels, batch, seed, rate, warmup, stateWeight, without, feedForward } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device, "hidden.final")
    const { info } = backbone.model
    const source = sourceOf(backbone, parts, config)
    const texts = yield* keptTexts(
      join(folder, "texts.safetensors"),
      info.width,
      source,
      collect(backbone, parts, config),
    )
    const lowering = { kind: device.lowering, without: device.without }
    const layout: DraftLayout = { batch, length: config.promptLength + config.continuation, levels }
    const trainee = yield* traineeOf(backbone, parts.attention, config)
    const graph = drafterLoss(trainee, layout, stateWeight, lowering)
    const trainable = isTrained(without, trainee.lmHead.identity)
    const step = yield* compileStep(device, graph, { trainable, optimizer: { decay: () => 0 } })
    const evaluate = yield* compileEvaluation(device, graph, trainable)
    const measure = yield* accuracyMeter(device, trainee, layout)
    const store = makeParameterStore()
    addParameters(store, graph, trainable)
    const heldOut = drafterFeeds(
      trainee,
      layout,
      Array.from({ length: batch }, (_, i) => texts.heldOut[Math.floor((i * texts.heldOut.length) / batch)]!),
    )
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${name}, ${steps} steps, ${JSON.stringify([levels, feedForward, without, batch, seed, rate, warmup, stateWeight])}, ${source}`,
      step,
      store,
      steps,
      schedule: cosineSchedule({ peak: rate, steps, warmup: Math.min(warmup, Math.ceil(steps / 10)) }),
      batch: (place) =>
        Effect.sync(() => {
          const drawn = (i: number) => uniform(seed, "noise", place * batch + i, 6)
          const chosen = Array.from(
            { length: batch },
            (_, i) => texts.train[Math.floor(drawn(i) * texts.train.length)]!,
          )
          return drafterFeeds(trainee, layout, chosen)
        }),
      checkpointEvery: config.checkpointEvery,
      evaluation: {
        every: config.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const { loss } = yield* evaluate(now, heldOut)
            const figures = { "loss.held out": loss! }
            return now.steps < steps
              ? figures
              : { ...figures, ...accuracyFigures(yield* measure(now, texts.heldOut)) }
          }),
      },
      onStep,
    })
    const { accuracy, positions } = yield* measure(store, texts.heldOut)
    yield* writeChimera(folder, yield* weightsOf(store, trainee, lowering), parts.attention, {
      format: "parade-chimera-1",
      backbone: info.name,
      vocabularyFingerprint: info.vocabularyFingerprint,
      block: trainee.block,
      without,
      accuracy: accuracy.map((row) => row.map((share) => Number(share.toFixed(5)))),
      positions,
    })
  })

/** The recipe of Chimera's drafter for a frozen model, on the model's own continuations. */
export const chimeraRecipe = (config: ChimeraRecipeConfig, parts: ChimeraRecipeParts): Recipe => ({
  name,
  description: `A Chimera drafter of ${config.levels} levels for ${config.source}, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * (config.promptLength + config.continuation),
  writes: ["drafter.safetensors", "chimera.json"],
  train: (run) => follow(config, parts, run),
})
