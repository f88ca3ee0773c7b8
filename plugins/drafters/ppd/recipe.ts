import {
  type AnchorLayout,
  draftHeadOf,
  draftMatrix,
  longestText,
  ownTexts,
  trainOnTexts,
} from "@parade/drafter-recipes"
import { accuracyFigures, roundedAccuracy, trainedFor } from "@parade/drafting"
import { createHash } from "node:crypto"
import { type CacheFactory, type ParadeError, uniform } from "@parade/core"
import type { Device } from "@parade/graph"
import { headMatrix, type Recipe, type RecipeRun, type SplitTexts } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import { makeFolder, readFeed } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { accuracyMeter } from "./measure-accuracy.ts"
import { promptsName, writePrompts } from "./prompt-embeddings.ts"
import { isPrompts, prompted, promptFeeds, promptLoss } from "./prompt-loss.ts"
import type { PpdRecipeConfig } from "./recipe-config.ts"

/** What fills the recipe's slots. */
export interface PpdRecipeParts {
  /** Opens the frozen model on the device that is trained on. */
  readonly backbone: (device: Device) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/ppd"

const fingerprintOf = (
  config: PpdRecipeConfig,
  { identity }: Backbone,
  texts: SplitTexts,
  steps: number,
): string => {
  const { promptTokens: m, seed, batch, anchors, rate, promptDecay, draftVocabulary } = config
  const hash = createHash("sha256").update(
    JSON.stringify([m, seed, batch, anchors, rate, promptDecay, draftVocabulary, identity]),
  )
  for (const { tokens, from } of [...texts.train, ...texts.heldOut]) hash.update(`${from}: ${tokens.join()};`)
  return `${name}, ${steps} steps, ${hash.digest("hex").slice(0, 16)}`
}

/** Where prompt tokens start: at the embedding rows of ordinary tokens. */
const startOf = ({ model }: Backbone, { promptTokens: m, seed }: PpdRecipeConfig) => {
  const { vocabularySize } = model.info
  return model.embed(
    Int32Array.from({ length: m }, (_, j) => Math.floor(uniform(seed, "noise", j, 7) * vocabularySize)),
  )
}

const follow = (
  config: PpdRecipeConfig,
  parts: PpdRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps } = run
    const { promptTokens: m, anchors, batch, promptDecay, draftVocabulary } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device)
    const texts = yield* ownTexts(folder, backbone.model, parts, config, {
      least: m + 1,
      tooShort: { than: `${m} tokens`, advice: "Take other tasks or fewer prompt tokens." },
    })
    const start = yield* startOf(backbone, config)
    const lowering = { kind: device.lowering, without: device.without }
    const layout: AnchorLayout = { batch, length: longestText(config), anchors, ahead: m }
    const measure = yield* accuracyMeter(device, backbone, layout, start)
    const draft =
      draftVocabulary === 0
        ? undefined
        : draftMatrix(
            draftHeadOf(yield* headMatrix(backbone.model), texts.train, draftVocabulary),
            backbone.model.info.width,
          )
    const store = yield* trainOnTexts(run, {
      fingerprint: fingerprintOf(config, backbone, texts, steps),
      graph: promptLoss(backbone, layout, start, promptDecay, lowering, draft),
      trainable: isPrompts,
      texts,
      settings: config,
      feeds: (some, draw) =>
        promptFeeds(
          backbone,
          layout,
          some.map((text, i) => prompted(text, layout, (anchor) => draw(i, 8 + anchor))),
        ),
      figures: (now) =>
        Effect.map(measure(now, texts.heldOut), (found) => accuracyFigures("prompt", 10, found)),
    })
    const { accuracy, positions } = yield* measure(store, texts.heldOut)
    const { info } = backbone.model
    yield* writePrompts(folder, yield* Effect.promise(() => readFeed(store.states.get(promptsName)!.value)), {
      format: "parade-ppd-1",
      backbone: info.name,
      ...trainedFor(info),
      width: info.width,
      accuracy: roundedAccuracy(accuracy),
      positions,
    })
  })

/** The recipe of prompt tokens for a frozen model, on the model's own continuations. */
export const ppdRecipe = (config: PpdRecipeConfig, parts: PpdRecipeParts): Recipe => ({
  name,
  description: `${config.promptTokens} prompt tokens for ${config.source}, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * config.anchors * config.promptTokens,
  writes: ["prompts.safetensors", "prompts.json"],
  train: (run) => follow(config, parts, run),
})
