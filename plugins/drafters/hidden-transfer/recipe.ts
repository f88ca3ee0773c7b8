import { draftHeadOf, draftMatrix, longestText, ownTexts, trainOnTexts } from "@parade/drafter-recipes"
import { accuracyFigures, roundedAccuracy, trainedFor } from "@parade/drafting"
import { type CacheFactory, type ParadeError } from "@parade/core"
import type { Device } from "@parade/graph"
import { headMatrix, type Recipe, RecipeError, type RecipeRun } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { makeFolder, type ParameterStore, readFeed } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { accuracyMeter } from "./measure-accuracy.ts"
import { writeMaps } from "./maps.ts"
import type { HiddenTransferRecipeConfig } from "./recipe-config.ts"
import {
  isMap,
  mapNames,
  transferFeeds,
  transferLoss,
  transferred,
  type TransferLayout,
} from "./transfer-loss.ts"

/** What fills the recipe's slots. */
export interface HiddenTransferRecipeParts {
  /** Opens the frozen model on the device that is trained on, with the output named. */
  readonly backbone: (device: Device, output: string) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/hidden-transfer"

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
    const { folder, device, steps } = run
    const { pseudoStates: k, layer, anchors, batch, seed, rate, stepDecay, apart, draftVocabulary } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device, `hidden.${layer}`)
    yield* refuseBadLayer(backbone, layer)
    const { info } = backbone.model
    // The row of the last prompt token and k more, the last of which says what comes after it.
    const texts = yield* ownTexts(folder, backbone.model, parts, config, {
      least: k + 1,
      output: `hidden.${layer}`,
      tooShort: { than: `${k} tokens`, advice: "Take other tasks or fewer pseudo states." },
    })
    const lowering = { kind: device.lowering, without: device.without }
    const length = longestText(config)
    const layout: TransferLayout = { batch, length, anchors, ahead: k, layer, apart }
    const measure = yield* accuracyMeter(device, backbone, layout)
    const draft =
      draftVocabulary === 0
        ? undefined
        : draftMatrix(
            draftHeadOf(yield* headMatrix(backbone.model), texts.train, draftVocabulary),
            info.width,
          )
    const store = yield* trainOnTexts(run, {
      fingerprint: `${name}, ${steps} steps, ${JSON.stringify([k, batch, anchors, seed, rate, stepDecay, apart, draftVocabulary])}, ${texts.source}`,
      graph: transferLoss(backbone, layout, stepDecay, lowering, draft),
      trainable: isMap,
      texts,
      settings: config,
      feeds: (some, draw) =>
        transferFeeds(
          backbone,
          layout,
          some.map((text, i) => transferred(text, layout, (anchor) => draw(i, 8 + anchor))),
        ),
      figures: (now) => Effect.map(measure(now, texts.heldOut), (found) => accuracyFigures("step", 5, found)),
    })
    const { accuracy, positions } = yield* measure(store, texts.heldOut)
    yield* writeMaps(folder, yield* weightsOf(store, k), {
      format: "parade-hidden-transfer-1",
      backbone: info.name,
      ...trainedFor(info),
      width: info.width,
      layer,
      accuracy: roundedAccuracy(accuracy),
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
