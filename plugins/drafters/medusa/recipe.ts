import { accuracyFigures, type DraftHead, draftIds, roundedAccuracy, trainedFor } from "@parade/drafting"
import { draftHeadOf, draftMatrix, ownTexts } from "@parade/drafter-recipes"
import { type CacheFactory, type Model, type ParadeError, uniform } from "@parade/core"
import type { Matrix } from "@parade/graph"
import { headMatrix, type ModelText, type Recipe, type RecipeRun } from "@parade/recipes"
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
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { headName, type HeadWeights } from "./head-graph.ts"
import { headLoss, isHead, lossFeeds } from "./head-loss.ts"
import { writeHeads } from "./heads.ts"
import { measureAccuracy } from "./measure-accuracy.ts"
import type { MedusaRecipeConfig } from "./recipe-config.ts"
import { placesOf } from "./states.ts"

/** What fills the recipe's slots. */
export interface MedusaRecipeParts {
  readonly model: Model
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/medusa"

/** The heads as they are in the store. */
export const weightsOf = (store: ParameterStore, heads: number): Effect.Effect<readonly HeadWeights[]> =>
  Effect.gen(function* () {
    const weights: HeadWeights[] = []
    const read = (parameter: string) => Effect.promise(() => readFeed(store.states.get(parameter)!.value))
    for (let head = 1; head <= heads; head++)
      weights.push({
        matrix: yield* read(headName(head, "weight")),
        bias: yield* read(headName(head, "bias")),
        ...(store.states.has(headName(head, "output")) && { output: yield* read(headName(head, "output")) }),
        ...(store.states.has(headName(head, "token")) && { token: yield* read(headName(head, "token")) }),
      })
    return weights
  })

/** The tokens that heads guess among; nothing where that is all of them. */
const draftHeadFor = (
  lmHead: Matrix,
  texts: readonly ModelText[],
  { draftVocabulary, newestToken }: MedusaRecipeConfig,
): DraftHead | undefined =>
  draftVocabulary === 0 || (draftVocabulary >= lmHead.rows && !newestToken)
    ? undefined
    : draftHeadOf(lmHead, texts, draftVocabulary)

const follow = (
  config: MedusaRecipeConfig,
  parts: MedusaRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps, onStep } = run
    const { heads, batch, seed, rate, warmup, headDecay, labels, draftVocabulary, outputMatrix } = config
    const newestToken = config.newestToken && draftVocabulary > 0
    const { model } = parts
    const { width } = model.info
    yield* makeFolder(folder)
    const whole = yield* headMatrix(model)
    const texts = yield* ownTexts(folder, model, parts, config, {
      least: 2,
      output: "hidden.final",
      tooShort: { than: "one token", advice: "Take other tasks." },
    })
    const learnt = placesOf(texts.train, labels === "distributions")
    const draft = draftHeadFor(whole, texts.train, config)
    const ids = draft && draftIds(draft)
    const idOf = (token: number): number => (ids === undefined ? token : (ids.get(token) ?? -1))
    const lmHead = draft === undefined ? whole : draftMatrix(draft, width)
    const lowering = { kind: device.lowering, without: device.without }
    const loss = (rows: number) =>
      headLoss({
        heads,
        batch: rows,
        decay: headDecay,
        labels,
        outputMatrix,
        newestToken,
        lmHead,
        lowering,
      })
    const graph = loss(batch)
    const judged = placesOf(texts.heldOut)
    const held = Math.min(batch, judged.count)
    const step = yield* compileStep(device, graph, {
      trainable: isHead,
      optimizer: { decay: () => 0 },
    })
    const evaluate = yield* compileEvaluation(device, loss(held), isHead)
    const store = makeParameterStore()
    addParameters(store, graph, isHead)
    const heldOut = lossFeeds(
      judged,
      Array.from({ length: held }, (_, i) => Math.floor((i * judged.count) / held)),
      { heads, width, labels, newestToken },
      idOf,
      draft,
    )
    const measure = Effect.flatMap(weightsOf(store, heads), (weights) =>
      measureAccuracy(device, model, { width, weights, draft }, texts.heldOut),
    )
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${name}, ${heads} heads, ${steps} steps, ${JSON.stringify([batch, seed, rate, warmup, headDecay, labels, draftVocabulary, outputMatrix, newestToken])}, ${texts.source}`,
      step,
      store,
      steps,
      schedule: cosineSchedule({ peak: rate, steps, warmup: Math.min(warmup, Math.ceil(steps / 10)) }),
      batch: (place) =>
        Effect.sync(() => {
          const drawn = (i: number) => uniform(seed, "noise", place * batch + i, 6)
          const some = Array.from({ length: batch }, (_, i) => Math.floor(drawn(i) * learnt.count))
          return lossFeeds(learnt, some, { heads, width, labels, newestToken }, idOf, draft)
        }),
      checkpointEvery: config.checkpointEvery,
      evaluation: {
        every: config.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const { loss: mean } = yield* evaluate(now, heldOut)
            const figures = { "loss.held out": mean! }
            return now.steps < steps ? figures : { ...figures, ...accuracyFigures("head", 5, yield* measure) }
          }),
      },
      onStep,
    })
    const { accuracy, positions, temperatures } = yield* measure
    const { info } = model
    yield* writeHeads(
      folder,
      { weights: yield* weightsOf(store, heads), draft },
      {
        format: "parade-medusa-1",
        backbone: info.name,
        ...trainedFor(info),
        width,
        ...(draft === undefined ? {} : { draftVocabulary: draft.tokens.length }),
        ...(outputMatrix && { outputMatrix }),
        ...(newestToken && { newestToken }),
        ...(temperatures && { temperatures: temperatures.map((value) => Number(value.toFixed(4))) }),
        accuracy: roundedAccuracy(accuracy),
        positions,
      },
    )
  })

/** The recipe of Medusa's heads for a frozen model (Medusa-1), on the model's own continuations. */
export const medusaRecipe = (config: MedusaRecipeConfig, parts: MedusaRecipeParts): Recipe => ({
  name,
  description: `${config.heads} Medusa heads for ${parts.model.info.name}, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch,
  writes: ["heads.safetensors", "heads.json"],
  train: (run) => follow(config, parts, run),
})
