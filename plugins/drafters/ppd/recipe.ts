import { createHash } from "node:crypto"
import { type CacheFactory, type ParadeError, uniform } from "@parade/core"
import type { Device } from "@parade/graph"
import {
  collectTexts,
  type ModelText,
  type Recipe,
  RecipeError,
  type RecipeRun,
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
  readFeed,
  train,
} from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { accuracyMeter, type MeasuredAccuracy } from "./measure-accuracy.ts"
import { promptsName, writePrompts } from "./prompt-embeddings.ts"
import { anchored, isPrompts, promptFeeds, promptLoss, type PromptLayout } from "./prompt-loss.ts"
import type { PpdRecipeConfig } from "./recipe-config.ts"

/** What fills the recipe's slots. */
export interface PpdRecipeParts {
  /** Opens the frozen model on the device that is trained on. */
  readonly backbone: (device: Device) => Effect.Effect<Backbone, ParadeError, Scope>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/ppd"

interface SplitTexts {
  readonly train: readonly ModelText[]
  readonly heldOut: readonly ModelText[]
}

const collect = (
  { model }: Backbone,
  { tasks, cache }: PpdRecipeParts,
  config: PpdRecipeConfig,
): Effect.Effect<SplitTexts, ParadeError> =>
  Effect.gen(function* () {
    const { seed, promptLength: length, continuation, promptTokens: m } = config
    const texts = (split: "train" | "test", count: number) =>
      Effect.gen(function* () {
        const prompts = yield* taskPrompts(model, tasks, { split, seed, count, length })
        const found = yield* collectTexts(model, cache, prompts, { continuation, least: m + 1 })
        return found.length > 0
          ? found
          : yield* Effect.fail(
              new RecipeError({
                code: "recipe.short-answers",
                message: `${model.info.name} continues none of ${prompts.length} prompts by more than ${m} tokens.`,
                advice: "Take other tasks or fewer prompt tokens.",
              }),
            )
      })
    return {
      train: yield* texts("train", config.prompts),
      heldOut: yield* texts("test", config.heldOutPrompts),
    }
  })

const fingerprintOf = (
  config: PpdRecipeConfig,
  { identity }: Backbone,
  texts: SplitTexts,
  steps: number,
): string => {
  const { promptTokens: m, seed, batch, anchors, rate, promptDecay } = config
  const hash = createHash("sha256").update(
    JSON.stringify([m, seed, batch, anchors, rate, promptDecay, identity]),
  )
  for (const { tokens, from } of [...texts.train, ...texts.heldOut]) hash.update(`${from}: ${tokens.join()};`)
  return `${name}, ${steps} steps, ${hash.digest("hex").slice(0, 16)}`
}

const accuracyFigures = ({ accuracy }: MeasuredAccuracy): Readonly<Record<string, number>> =>
  Object.fromEntries(
    accuracy.flatMap((row, j) => [
      [`accuracy.prompt${j + 1}`, row[0]!],
      [`accuracy.prompt${j + 1}/top-10`, row.reduce((sum, share) => sum + share, 0)],
    ]),
  )

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
    const { folder, device, steps, onStep } = run
    const { promptTokens: m, promptLength, continuation, anchors, batch, seed, rate, promptDecay } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.backbone(device)
    const texts = yield* collect(backbone, parts, config)
    const start = yield* startOf(backbone, config)
    const lowering = { kind: device.lowering, without: device.without }
    const layout: PromptLayout = { batch, length: promptLength + continuation, anchors, m }
    const graph = promptLoss(backbone, layout, start, promptDecay, lowering)
    const step = yield* compileStep(device, graph, { trainable: isPrompts, optimizer: { decay: () => 0 } })
    const evaluate = yield* compileEvaluation(device, graph, isPrompts)
    const measure = yield* accuracyMeter(device, backbone, layout, start)
    const store = makeParameterStore()
    addParameters(store, graph, isPrompts)
    const feeds = (some: readonly ModelText[], offset: (text: number, anchor: number) => number) =>
      promptFeeds(
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
      fingerprint: fingerprintOf(config, backbone, texts, steps),
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
    const { info } = backbone.model
    yield* writePrompts(folder, yield* Effect.promise(() => readFeed(store.states.get(promptsName)!.value)), {
      format: "parade-ppd-1",
      backbone: info.name,
      vocabularyFingerprint: info.vocabularyFingerprint,
      width: info.width,
      accuracy: accuracy.map((row) => row.map((share) => Number(share.toFixed(5)))),
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
