import { draftHeadOf, draftMatrix, longestText, ownTexts, trainOnTexts } from "@parade/drafter-recipes"
import { accuracyFigures, roundedAccuracy, trainedFor } from "@parade/drafting"
import { type CacheFactory, firstRows, type ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import type { Attention } from "@parade/layers"
import { headMatrix, type Recipe, type RecipeRun, type SplitTexts } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { makeFolder, normals, type ParameterStore, readFeed } from "@parade/training"
import { type Backbone, namedTensors, weightPlaces } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { blockArchitecture, type BlockShape, blockTensors, unusedTensor } from "./block.ts"
import { drafterFeeds, drafterLoss, type DraftLayout, isTrained, type Trainee } from "./drafter-loss.ts"
import { accuracyMeter } from "./measure-accuracy.ts"
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

/** Where encoder and heads start: no residual, a normal projection, and heads that add state and estimate. */
const startOf = (width: number, { levels, seed, trigramWidth }: ChimeraRecipeConfig): Weights => {
  const wide = 3 * (trigramWidth ?? width)
  const draw = normals(seed)
  const normal = (name: string, rows: number, columns: number): Float32Array => {
    const next = draw(name)
    return Float32Array.from({ length: rows * columns }, () => next() / Math.sqrt(columns))
  }
  const weights = new Map([
    [trigramNames.mix as string, new Float32Array(wide * wide)],
    [trigramNames.bias, new Float32Array(wide)],
    [trigramNames.project, normal(trigramNames.project, width, wide)],
  ])
  if (trigramWidth !== undefined)
    weights.set(trigramNames.narrow, normal(trigramNames.narrow, trigramWidth, width))
  for (let level = 1; level <= levels; level++) {
    const sum = new Float32Array(2 * width * width)
    for (let i = 0; i < width; i++) sum[i * 2 * width + i] = sum[i * 2 * width + width + i] = 1
    weights.set(headName(level), sum)
  }
  return weights
}

/** What embedding rows are multiplied with to have numbers of size 1: those of many models are small beside states. */
const scaleOf = (embedding: Float32Array): number => {
  const square = embedding.reduce((sum, value) => sum + value * value, 0)
  return square === 0 ? 1 : Number(Math.sqrt(embedding.length / square).toFixed(4))
}

const traineeOf = (
  { model, architecture }: Backbone,
  attention: Attention,
  texts: SplitTexts,
  config: ChimeraRecipeConfig,
): Effect.Effect<Trainee, ParadeError> =>
  Effect.gen(function* () {
    const { width, vocabularySize, contextLength } = model.info
    const { heads: attentionHeads, headWidth } = architecture.attention
    const { feedForward, seed, without, draftVocabulary } = config
    const block: BlockShape = { width, attentionHeads, headWidth, feedForward, contextLength }
    const lmHead = yield* headMatrix(model)
    const draft =
      draftVocabulary === 0 || draftVocabulary >= lmHead.rows
        ? undefined
        : draftHeadOf(lmHead, texts.train, draftVocabulary)
    const embedding = yield* model.embed(firstRows(vocabularySize))
    return {
      block,
      attention,
      tensors: blockTensors(blockArchitecture(block), attention, new Map(), normals(seed)),
      weights: startOf(width, config),
      without,
      embedding,
      scale: scaleOf(embedding),
      lmHead: draft === undefined ? lmHead : draftMatrix(draft, width),
      draft,
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

const follow = (
  config: ChimeraRecipeConfig,
  parts: ChimeraRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps } = run
    const {
      levels,
      batch,
      seed,
      rate,
      warmup,
      stateWeight,
      without,
      feedForward,
      draftVocabulary,
      trigramWidth,
    } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device, "hidden.final")
    const { info } = backbone.model
    const texts = yield* ownTexts(folder, backbone.model, parts, config, {
      least: 2,
      output: "hidden.final",
      tooShort: { than: "one token", advice: "Take other tasks." },
    })
    const lowering = { kind: device.lowering, without: device.without }
    const layout: DraftLayout = { batch, length: longestText(config), levels }
    const trainee = yield* traineeOf(backbone, parts.attention, texts, config)
    const measure = yield* accuracyMeter(device, trainee, layout)
    const store = yield* trainOnTexts(run, {
      fingerprint: `${name}, ${steps} steps, ${JSON.stringify([levels, feedForward, trigramWidth, draftVocabulary, without, batch, seed, rate, warmup, stateWeight])}, ${texts.source}`,
      graph: drafterLoss(trainee, layout, stateWeight, lowering),
      trainable: isTrained(without, trainee.lmHead.identity),
      texts,
      settings: config,
      feeds: (some) => drafterFeeds(trainee, layout, some),
      figures: (now) =>
        Effect.map(measure(now, texts.heldOut), (found) => accuracyFigures("level", 5, found)),
    })
    const { accuracy, positions, temperatures } = yield* measure(store, texts.heldOut)
    const { draft, scale } = trainee
    const parted = { weights: yield* weightsOf(store, trainee, lowering), draft }
    yield* writeChimera(folder, parted, parts.attention, {
      format: "parade-chimera-1",
      backbone: info.name,
      ...trainedFor(info),
      block: trainee.block,
      without,
      ...(trigramWidth !== undefined && { trigramWidth }),
      ...(draft && { draftVocabulary: draft.tokens.length }),
      ...(temperatures && { temperatures }),
      embeddingScale: scale,
      accuracy: roundedAccuracy(accuracy),
      positions,
    })
  })

/** The recipe of Chimera's drafter for a frozen model, on the model's own continuations. */
export const chimeraRecipe = (config: ChimeraRecipeConfig, parts: ChimeraRecipeParts): Recipe => ({
  name,
  description: `A Chimera drafter of ${config.levels} levels for ${config.source}, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * longestText(config),
  writes: ["drafter.safetensors", "chimera.json"],
  train: (run) => follow(config, parts, run),
})
