import { accuracyFigures, type MeasuredAccuracy, roundedAccuracy, trainedFor } from "@parade/drafting"
import { createHash } from "node:crypto"
import { ownTexts } from "@parade/drafter-recipes"
import { type CacheFactory, DecodeError, type ParadeError, uniform } from "@parade/core"
import { type Device, isLowRank, type LowRank } from "@parade/graph"
import { saveAdapters } from "@parade/model-recipes"
import {
  continueTexts,
  headMatrix,
  type ModelText,
  type Recipe,
  type RecipeRun,
  taskPrompts,
} from "@parade/recipes"
import type { Task } from "@parade/tasks"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  cosineSchedule,
  type Evaluation,
  makeFolder,
  makeParameterStore,
  normals,
  type ParameterStore,
  readFeed,
  train,
} from "@parade/training"
import { type Backbone, weightPlaces } from "@parade/transformer"
import { floatBytes } from "@parade/weights"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { isHead } from "./head-loss.ts"
import { type MedusaHeads, writeHeads } from "./heads.ts"
import type { MedusaJointConfig } from "./joint-config.ts"
import { jointFeeds, type JointLoss, jointLoss, jointRequest } from "./joint-loss.ts"
import { measureAccuracy } from "./measure-accuracy.ts"
import { weightsOf } from "./recipe.ts"

/** What fills the recipe's slots. */
export interface MedusaJointParts {
  /** Opens a checkpoint, or adapters of it, on the device that is trained on, with the output `hidden.final`. */
  readonly open: (source: string, device: Device) => Effect.Effect<Backbone, ParadeError, Scope>
  /** The checkpoint as its adapters name it. */
  readonly base: string
  /** The checkpoint's heads, from the first stage. */
  readonly heads: Effect.Effect<MedusaHeads, ParadeError>
  readonly tasks: readonly Task[]
  readonly cache: CacheFactory
}

const name = "@parade/medusa-2"

/** The heads learn four times as fast as the model (section 2.3.2). */
const adapterShare = 1 / 4

const isTrained = (weight: string): boolean => isLowRank(weight) || isHead(weight)

const requireFitting = (
  heads: MedusaHeads,
  { model: { info } }: Backbone,
): Effect.Effect<void, DecodeError> =>
  heads.width === info.width && heads.vocabularyFingerprint === info.vocabularyFingerprint
    ? Effect.void
    : Effect.fail(
        new DecodeError({
          code: heads.width === info.width ? "draft.vocabulary-mismatch" : "draft.width-mismatch",
          message: `The heads to start from do not belong to ${info.name}.`,
          advice: "Train heads for it with the recipe medusa, and name their folder as `start`.",
        }),
      )

/** Means over all texts that are judged by; the perplexities with and without adapters among them. */
const judged = (
  evaluate: Evaluation,
  joint: JointLoss,
  store: ParameterStore,
  texts: readonly ModelText[],
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.gen(function* () {
    const sums: Record<string, number> = {}
    const batches = Math.ceil(texts.length / joint.batch)
    for (let batch = 0; batch < batches; batch++) {
      const some = Array.from(
        { length: joint.batch },
        (_, i) => texts[(batch * joint.batch + i) % texts.length]!,
      )
      for (const [key, value] of Object.entries(yield* evaluate(store, jointFeeds(joint, some))))
        sums[key] = (sums[key] ?? 0) + value / batches
    }
    return {
      "loss.held out": sums["loss"]!,
      perplexity: Math.exp(sums["ce"]!),
      "perplexity.before": Math.exp(sums["ce.before"]!),
    }
  })

const follow = (
  config: MedusaJointConfig,
  parts: MedusaJointParts,
  run: RecipeRun,
): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { folder, device, steps, onStep } = run
    const { rank, alpha, batch, seed, rate, warmup, headShare, headDecay } = config
    yield* makeFolder(folder)
    const backbone = yield* parts.open(config.source, device)
    const heads = yield* parts.heads
    yield* requireFitting(heads, backbone)
    const { info } = backbone.model
    const texts = yield* ownTexts(folder, backbone.model, parts, config, {
      least: 2,
      output: "hidden.final",
      tooShort: { than: "one token", advice: "Take other tasks." },
    })
    const lowering = { kind: device.lowering, without: device.without }
    const correction: LowRank = {
      rank,
      alpha,
      // Of the layers; the LM head is an embedding too where the two are tied.
      matches: (identity) => /\.\d+\./.test(identity),
      draw: normals(seed),
    }
    const joint: JointLoss = {
      backbone,
      batch,
      length: config.promptLength + config.continuation,
      heads: heads.weights,
      correction,
      share: headShare,
      decay: headDecay,
      lmHead: yield* headMatrix(backbone.model),
    }
    const graph = jointLoss(joint, lowering)
    const step = yield* compileStep(device, graph, {
      trainable: isTrained,
      optimizer: { decay: () => 0, share: (weight) => (isLowRank(weight) ? adapterShare : 1) },
    })
    const evaluate = yield* compileEvaluation(device, graph, isTrained)
    const store = makeParameterStore()
    addParameters(store, graph, isTrained)
    const starts = createHash("sha256")
    for (const { matrix, bias } of heads.weights)
      starts.update(floatBytes(matrix, "F32")).update(floatBytes(bias, "F32"))
    /** Writes the adapters, and counts what the heads are right about on the model they make. */
    const save: Effect.Effect<MeasuredAccuracy, ParadeError, Scope> = Effect.gen(function* () {
      const values = new Map<string, Float32Array>()
      for (const [weight, { value }] of store.states)
        if (isLowRank(weight)) values.set(weight, yield* Effect.promise(() => readFeed(value)))
      const places = weightPlaces(jointRequest(joint))
      const adapters = { rank, alpha, base: parts.base }
      yield* saveAdapters(folder, adapters, places, values, { recipe: name, steps: String(steps) })
      const trained = yield* parts.open(folder, device)
      const { heldOutPrompts: count, promptLength: length, chat } = config
      const prompts = yield* taskPrompts(trained.model, parts.tasks, {
        split: "test",
        seed,
        count,
        length,
        chat,
      })
      const said = yield* continueTexts(trained.model, parts.cache, prompts, {
        continuation: config.continuation,
        output: "hidden.final",
      })
      const weights = yield* weightsOf(store, heads.weights.length)
      return yield* measureAccuracy(device, trained.model, { width: info.width, weights }, said)
    })
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: `${name}, ${steps} steps, ${JSON.stringify([rank, alpha, batch, seed, rate, warmup, headShare, headDecay])}, ${texts.source}, ${starts.digest("hex").slice(0, 16)}`,
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
          return jointFeeds(joint, chosen)
        }),
      checkpointEvery: config.checkpointEvery,
      evaluation: {
        every: config.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const figures = yield* judged(evaluate, joint, now, texts.heldOut)
            return now.steps < steps ? figures : { ...figures, ...accuracyFigures("head", 5, yield* save) }
          }),
      },
      onStep,
    })
    const { accuracy, positions } = yield* save
    yield* writeHeads(
      folder,
      { weights: yield* weightsOf(store, heads.weights.length) },
      {
        format: "parade-medusa-1",
        backbone: name,
        ...trainedFor(info),
        width: info.width,
        accuracy: roundedAccuracy(accuracy),
        positions,
      },
    )
  })

/**
 * The recipe of Medusa-2: a model's adapters together with its heads, the model held to what it said before
 * (self-distillation). The folder is a model and has its heads.
 */
export const medusaJointRecipe = (config: MedusaJointConfig, parts: MedusaJointParts): Recipe => ({
  name,
  description: `Adapters of ${config.source} and Medusa heads together, on its own continuations of ${parts.tasks.length} tasks' prompts`,
  steps: config.steps,
  tokensPerStep: config.batch * (config.promptLength + config.continuation),
  writes: ["adapter_config.json", "adapter_model.safetensors", "heads.safetensors", "heads.json"],
  train: (run) => follow(config, parts, run),
})
