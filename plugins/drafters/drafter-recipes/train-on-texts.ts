import { type ParadeError, uniform } from "@parade/core"
import type { Feeds, Graph } from "@parade/graph"
import type { ModelText, RecipeRun, SplitTexts } from "@parade/recipes"
import {
  addParameters,
  compileEvaluation,
  compileStep,
  cosineSchedule,
  makeParameterStore,
  type ParameterStore,
  train,
} from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

/** A number in [0, 1) for a text of the batch, another for each attempt. */
export type TextDraw = (text: number, attempt: number) => number

/** How a part is trained on texts. */
export interface TextTraining {
  readonly fingerprint: string
  /** Gives `loss`. */
  readonly graph: Graph
  readonly trainable: (name: string) => boolean
  readonly texts: SplitTexts
  readonly settings: {
    readonly batch: number
    readonly seed: number
    readonly rate: number
    readonly warmup?: number
    readonly checkpointEvery: number
    readonly evaluateEvery: number
  }
  /** What a batch of texts is fed as. Attempt 6 has chosen the text. Of what is held out every draw is a half. */
  readonly feeds: (texts: readonly ModelText[], draw: TextDraw) => Feeds
  /** What is known only in the end. */
  readonly figures: (store: ParameterStore) => Effect.Effect<Readonly<Record<string, number>>, ParadeError>
}

/** Trains with AdamW, without weight decay, along a cosine that falls to nothing; gives the parameters as they are in the end. */
export const trainOnTexts = (
  { folder, device, steps, onStep }: RecipeRun,
  { fingerprint, graph, trainable, texts, settings, feeds, figures }: TextTraining,
): Effect.Effect<ParameterStore, ParadeError, Scope> =>
  Effect.gen(function* () {
    const { batch, seed, rate, warmup = 0, checkpointEvery, evaluateEvery } = settings
    const step = yield* compileStep(device, graph, { trainable, optimizer: { decay: () => 0 } })
    const evaluate = yield* compileEvaluation(device, graph, trainable)
    const store = makeParameterStore()
    addParameters(store, graph, trainable)
    const heldOut = feeds(
      Array.from({ length: batch }, (_, i) => texts.heldOut[Math.floor((i * texts.heldOut.length) / batch)]!),
      () => 0.5,
    )
    yield* train<ParadeError, Scope>({
      folder,
      fingerprint,
      step,
      store,
      steps,
      schedule: cosineSchedule({ peak: rate, steps, warmup: Math.min(warmup, Math.ceil(steps / 10)) }),
      batch: (place) =>
        Effect.sync(() => {
          const draw: TextDraw = (i, attempt) => uniform(seed, "noise", place * batch + i, attempt)
          const chosen = Array.from(
            { length: batch },
            (_, i) => texts.train[Math.floor(draw(i, 6) * texts.train.length)]!,
          )
          return feeds(chosen, draw)
        }),
      checkpointEvery,
      evaluation: {
        every: evaluateEvery,
        run: (now) =>
          Effect.gen(function* () {
            const { loss } = yield* evaluate(now, heldOut)
            const held = { "loss.held out": loss! }
            return now.steps < steps ? held : { ...held, ...(yield* figures(now)) }
          }),
      },
      onStep,
    })
    return store
  })
