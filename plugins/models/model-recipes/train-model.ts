import { join } from "node:path"
import type { ParadeError } from "@parade/core"
import type { Feeds, Graph } from "@parade/graph"
import type { RecipeRun } from "@parade/recipes"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  cosineSchedule,
  type Evaluation,
  makeParameterStore,
  type ParameterStore,
  train,
  writeWhole,
} from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { saveTrained, type TrainedAs } from "./saved-model.ts"
import type { ModelSettings } from "./settings.ts"

type Figures = Readonly<Record<string, number>>

/** Batches that are never trained on, by the name of their source. */
export interface HeldOut {
  readonly name: string
  readonly batches: readonly Feeds[]
}

/** What a recipe says of the training of its model. */
export interface ModelTraining extends TrainedAs {
  readonly settings: Pick<
    ModelSettings,
    "rate" | "warmup" | "weightDecay" | "checkpointEvery" | "evaluateEvery"
  >
  readonly run: RecipeRun
  /** Gives `loss`. */
  readonly graph: Graph
  /** Which weights of the graph are trained; all where absent. */
  readonly trainable?: (name: string) => boolean
  readonly fingerprint: string
  /** The batch at a place of the stream: a function of the place alone. */
  readonly batch: (place: number) => Feeds
  readonly heldOut: () => readonly HeldOut[]
  /** What is known only in the end, of the saved model. */
  readonly finalFigures: Effect.Effect<Figures, ParadeError, Scope>
  /** The text of the model card, from the number of parameters and the log in the folder. */
  readonly card: (parameters: number) => Effect.Effect<string, ParadeError>
}

/** The means of what the graph gives on each source's batches: `loss.<source>`, and so its other outputs. */
const heldOutLosses = (
  evaluate: Evaluation,
  store: ParameterStore,
  heldOut: readonly HeldOut[],
): Effect.Effect<Figures, ParadeError> =>
  Effect.gen(function* () {
    const losses: Record<string, number> = {}
    for (const { name, batches } of heldOut)
      for (const feeds of batches)
        for (const [output, value] of Object.entries(yield* evaluate(store, feeds))) {
          const key = `${output}.${name}`
          losses[key] = (losses[key] ?? 0) + value / batches.length
        }
    return losses
  })

/** Trains a model with AdamW along a cosine, judges it on what is held out, and writes it with its card. */
export const trainModel = (training: ModelTraining): Effect.Effect<void, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { settings, run, graph, trainable } = training
    const { folder, device, steps } = run
    const { rate, warmup, weightDecay } = settings
    const step = yield* compileStep(device, graph, {
      ...(trainable === undefined ? {} : { trainable }),
      optimizer: { decay: (_, shape) => (shape.length > 1 ? weightDecay : 0) },
    })
    const evaluate = yield* compileEvaluation(device, graph, trainable)
    const store = makeParameterStore()
    addParameters(store, graph, trainable)
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint: training.fingerprint,
      step,
      store,
      steps,
      schedule: cosineSchedule({
        peak: rate,
        steps,
        warmup: Math.min(warmup, Math.ceil(steps / 10)),
        floor: 0.1,
      }),
      batch: (place) => Effect.sync(() => training.batch(place)),
      checkpointEvery: settings.checkpointEvery,
      evaluation: {
        every: settings.evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const losses = yield* heldOutLosses(evaluate, now, training.heldOut())
            if (now.steps < steps) return losses
            yield* saveTrained(run, training, now)
            return { ...losses, ...(yield* training.finalFigures) }
          }),
      },
      onStep: run.onStep,
    })
    yield* saveTrained(run, training, store)
    const parameters = step.parameters.reduce(
      (sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1),
      0,
    )
    yield* writeWhole(join(folder, "README.md"), yield* training.card(parameters))
  })

/** The files trained adapters lie in. */
export const adapterFiles: readonly string[] = [
  "adapter_config.json",
  "adapter_model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
  "README.md",
]

/** The files a trained model lies in. */
export const modelFiles: readonly string[] = [
  "config.json",
  "model.safetensors",
  "tokenizer.json",
  "tokenizer_config.json",
  "README.md",
]
