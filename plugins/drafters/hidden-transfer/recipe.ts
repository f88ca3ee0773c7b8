import { createHash } from "node:crypto"
import { join } from "node:path"
import { type CacheFactory, type ParadeError, uniform } from "@parade/core"
import type { Device } from "@parade/graph"
import {
  collectTexts,
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
  type ParameterStore,
  readFeed,
  train,
} from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { writeMaps } from "./maps.ts"
import { accuracyMeter, type MeasuredAccuracy } from "./measure-accuracy.ts"
import type { HiddenTransferRecipeConfig } from "./recipe-config.ts"
import {
  anchored,
  isMap,
  mapNames,
  transferFeeds,
  type TransferLayout,
  transferLoss,
} from "./transfer-loss.ts"

/** What fills the recipe's slots. */
export interface HiddenTransferRecipeParts {
  /** Opens the frozen model on the device that is trained on, with the output named. */
  readonly backbone: (device: Device, output: string) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/hidden-transfer"

/** What decides the texts and their states. */
const sourceOf = (
  { identity }: Backbone,
  { tasks }: HiddenTransferRecipeParts,
  config: HiddenTransferRecipeConfig,
): string => {
  const { layer, pseudoStates, prompts, heldOutPrompts, promptLength, continuation, seed } = config
  const decisive = [
    [layer, pseudoStates, prompts, heldOutPrompts, promptLength, continuation, seed],
    identity,
    tasks.map((task) => [task.name, task.description, task.size]),
  ]
  return createHash("sha256").update(JSON.stringify(decisive)).digest("hex").slice(0, 16)
}

const collect = (
  { model }: Backbone,
  { tasks, cache }: HiddenTransferRecipeParts,
  config: HiddenTransferRecipeConfig,
): Effect.Effect<SplitTexts, ParadeError> =>
  Effect.gen(function* () {
    const { seed, promptLength: length, continuation, pseudoStates: k } = config
    const output = `hidden.${config.layer}`
    const texts = (split: "train" | "test", count: number) =>
      Effect.gen(function* () {
        const prompts = yield* taskPrompts(model, tasks, { split, seed, count, length })
        // The row of the last prompt token and k more, the last of which says what comes after it.
        const found = yield* collectTexts(model, cache, prompts, { continuation, least: k + 1, output })
        return found.length > 0
          ? found
          : yield* Effect.fail(
              new RecipeError({
                code: "recipe.short-answers",
                message: `${model.info.name} continues none of ${prompts.length} prompts by more than ${k} tokens.`,
                advice: "Take other tasks or fewer pseudo states.",
              }),
            )
      })
    return {
      train: yield* texts("train", config.prompts),
      heldOut: yield* texts("test", config.heldOutPrompts),
    }
  })

const accuracyFigures = ({ accuracy }: MeasuredAccuracy): Readonly<Record<string, number>> =>
  Object.fromEntries(
    accuracy.flatMap((row, i) => [
      [`accuracy.step${i + 1}`, row[0]!],
      [`accuracy.step${i + 1}/top-5`, row.slice(0, 5).reduce((sum, share) => sum + share, 0)],
    ]),
  )

const refuseBadLayer = ({ model: { info } }: Backbone, layer: number): Effect.Effect<void, RecipeError> =>
  layer < info.layers
    ? Effect.void
    : Effect.fail(
        new RecipeError({
          code: "recipe.bad-layer",
          message: `${info.name} has ${info.layers} layers: a state that has passed ${layer} is not refined by any.`,
          advice: `Take a layer from 1 to ${info.layers - 1}, about half of them.`,
        }),
      )

/** The maps as they are in the store. */
const weightsOf = (store: ParameterStore, k: number): Effect.Effect<readonly Float32Array[]> =>
  Effect.forEach(mapNames(k), (map) => Effect.promise(() => readFeed(store.states.get(map)!.value)))

const follow = (
  config: HiddenTransferRecipeConfig,
  parts: HiddenTransferRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps, onStep } = run
    const { pseudoStates: k, layer, anchors, batch, seed, rate, stepDecay, apart } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device, `hidden.${layer}`)
    yield* refuseBadLayer(backbone, layer)
    const { info } = backbone.model
    const source = sourceOf(backbone, parts, config)
    const texts = yield* keptTexts(
      join(folder, "states.safetensors"),
      info.width,
      source,
      collect(backbone, parts, config),
    )
    const lowering = { kind: device.lowering, without: device.without }
    const length = config.promptLength + config.continuation
    const layout: TransferLayout = { batch, length, anchors, k, layer, apart }
    const graph = transferLoss(backbone, layout, stepDecay, lowering)
    const step = yield* compileStep(device, graph, { trainable: isMap, optimizer: { decay: () => 0 } })
    const evaluate = yield* compileEvaluation(device, graph, isMap)
    const measure = yield* accuracyMeter(device, backbone, layout)
    const store = makeParameterStore()
    addParameters(store, graph, isMap)
    const feeds = (some: readonly ModelText[], offset: (text: number, anchor: number) => number) =>
      transferFeeds(
        backbone,
        layout,
        some.map((text, i) => anchored(text, layout, (anchor) => offset(i, anchor))),
      )
    const heldOut = feeds(
      Array.from({ length: batch }, (_, i) => texts.heldOut[Math.floor((i * texts.heldOut.length) / batch)]!),
      () => 0.5,
    )
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${name}, ${steps} steps, ${JSON.stringify([batch, anchors, rate, stepDecay, apart])}, ${source}`,
      step,
      store,
      steps,
      schedule: cosineSchedule({ peak: rate, steps, warmup: 0 }),
      batch: (place) =>
        Effect.sync(() => {
          const drawn = (i: number, attempt: number) => uniform(seed, "noise", place * batch + i, attempt)
          const chosen = Array.from(
            { length: batch },
            (_, i) => texts.train[Math.floor(drawn(i, 6) * texts.train.length)]!,
          )
          return feeds(chosen, (i, anchor) => drawn(i, 8 + anchor))
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
    yield* writeMaps(folder, yield* weightsOf(store, k), {
      format: "parade-hidden-transfer-1",
      backbone: info.name,
      vocabularyFingerprint: info.vocabularyFingerprint,
      width: info.width,
      layer,
      accuracy: accuracy.map((row) => row.map((share) => Number(share.toFixed(5)))),
      positions,
    })
  })

/** The recipe of Hidden Transfer's maps for a frozen model, on the model's own continuations. */
export const hiddenTransferRecipe = (
  config: HiddenTransferRecipeConfig,
  parts: HiddenTransferRecipeParts,
): Recipe => ({
  name,
  description: `${config.pseudoStates} transfer maps at layer ${config.layer} of ${config.source}, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * config.anchors * config.pseudoStates,
  writes: ["maps.safetensors", "maps.json"],
  train: (run) => follow(config, parts, run),
})
