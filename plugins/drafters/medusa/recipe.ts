import { accuracyFigures, roundedAccuracy } from "@parade/drafting"
import { createHash } from "node:crypto"
import { join } from "node:path"
import { type CacheFactory, type Model, type ParadeError, uniform } from "@parade/core"
import { headMatrix, type Recipe, type RecipeRun, taskPrompts } from "@parade/recipes"
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
import { collectStates, keptStates, type SplitStates, statesFingerprint } from "./states.ts"

/** What fills the recipe's slots. */
export interface MedusaRecipeParts {
  readonly model: Model
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/medusa"

/** What decides the states beside the weights of the model, which its name stands for. */
const sourceOf = ({ model, tasks }: MedusaRecipeParts, config: MedusaRecipeConfig): string => {
  const { heads, prompts, heldOutPrompts, promptLength, continuation, seed } = config
  const { info } = model
  const decisive = [
    [heads, prompts, heldOutPrompts, promptLength, continuation, seed],
    [info.name, info.architecture, info.width, info.layers, info.dtype, info.vocabularyFingerprint],
    tasks.map((task) => [task.name, task.description, task.size]),
  ]
  return createHash("sha256").update(JSON.stringify(decisive)).digest("hex").slice(0, 16)
}

const collect = (
  parts: MedusaRecipeParts,
  config: MedusaRecipeConfig,
): Effect.Effect<SplitStates, ParadeError> =>
  Effect.gen(function* () {
    const { seed, promptLength } = config
    const options = { continuation: config.continuation, ahead: config.heads + 1 }
    const states = (split: "train" | "test", count: number) =>
      Effect.flatMap(
        taskPrompts(parts.model, parts.tasks, { seed, length: promptLength, split, count }),
        (prompts) => collectStates(parts.model, parts.cache, prompts, options),
      )
    return {
      train: yield* states("train", config.prompts),
      heldOut: yield* states("test", config.heldOutPrompts),
    }
  })

/** The heads as they are in the store. */
export const weightsOf = (store: ParameterStore, heads: number): Effect.Effect<readonly HeadWeights[]> =>
  Effect.gen(function* () {
    const weights: HeadWeights[] = []
    const read = (parameter: string) => Effect.promise(() => readFeed(store.states.get(parameter)!.value))
    for (let head = 1; head <= heads; head++)
      weights.push({
        matrix: yield* read(headName(head, "weight")),
        bias: yield* read(headName(head, "bias")),
      })
    return weights
  })

const follow = (
  config: MedusaRecipeConfig,
  parts: MedusaRecipeParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps, onStep } = run
    const { heads, batch, seed, rate, warmup, headDecay } = config
    const { model } = parts
    yield* makeFolder(folder)
    const lmHead = yield* headMatrix(model)
    const states = yield* keptStates(
      join(folder, "states.safetensors"),
      sourceOf(parts, config),
      collect(parts, config),
    )
    const lowering = { kind: device.lowering, without: device.without }
    const loss = (rows: number) => headLoss({ heads, batch: rows, decay: headDecay, lmHead, lowering })
    const graph = loss(batch)
    const held = Math.min(batch, states.heldOut.count)
    const step = yield* compileStep(device, graph, { trainable: isHead, optimizer: { decay: () => 0 } })
    const evaluate = yield* compileEvaluation(device, loss(held), isHead)
    const store = makeParameterStore()
    addParameters(store, graph, isHead)
    const heldOut = lossFeeds(
      states.heldOut,
      Array.from({ length: held }, (_, i) => Math.floor((i * states.heldOut.count) / held)),
      heads,
    )
    const measure = Effect.flatMap(weightsOf(store, heads), (weights) =>
      measureAccuracy(device, model, weights, states.heldOut),
    )
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${name}, ${heads} heads, ${steps} steps, ${JSON.stringify([batch, seed, rate, warmup, headDecay])}, ${statesFingerprint(states)}`,
      step,
      store,
      steps,
      schedule: cosineSchedule({ peak: rate, steps, warmup: Math.min(warmup, Math.ceil(steps / 10)) }),
      batch: (place) =>
        Effect.sync(() => {
          const row = (i: number) =>
            Math.floor(uniform(seed, "noise", place * batch + i, 6) * states.train.count)
          return lossFeeds(
            states.train,
            Array.from({ length: batch }, (_, i) => row(i)),
            heads,
          )
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
    const { accuracy, positions } = yield* measure
    yield* writeHeads(folder, yield* weightsOf(store, heads), {
      format: "parade-medusa-1",
      backbone: model.info.name,
      vocabularyFingerprint: model.info.vocabularyFingerprint,
      width: model.info.width,
      accuracy: roundedAccuracy(accuracy),
      positions,
    })
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
