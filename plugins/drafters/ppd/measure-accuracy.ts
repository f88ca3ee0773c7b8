import { argmax, type ParadeError } from "@parade/core"
import { type Accuracy, rankOf } from "@parade/drafting"
import type { Device } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { compileForward, type ParameterValues, readFeed } from "@parade/training"
import type { Backbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { anchored, isPrompts, promptFeeds, promptGuesses, type PromptLayout } from "./prompt-loss.ts"

/** Ranks that are told apart. */
const ranks = 10

/** Measured accuracy, and the positions it was counted at. */
export interface MeasuredAccuracy {
  readonly accuracy: Accuracy
  readonly positions: number
}

/**
 * Measures how often exactly the token of each rank of each prompt token's guesses is the model's own, at places of texts
 * that were not trained on.
 */
export const accuracyMeter = (
  device: Device,
  backbone: Backbone,
  layout: PromptLayout,
  start: Float32Array,
): Effect.Effect<
  (prompts: ParameterValues, texts: readonly ModelText[]) => Effect.Effect<MeasuredAccuracy, ParadeError>,
  ParadeError,
  Scope
> =>
  Effect.gen(function* () {
    const { m } = layout
    const vocabulary = backbone.model.info.vocabularySize
    const one = { ...layout, batch: 1 }
    const lowering = { kind: device.lowering, without: device.without }
    const forward = yield* compileForward(device, promptGuesses(backbone, one, start, lowering), isPrompts)
    const shown = Math.min(ranks, vocabulary)
    return (prompts, texts) =>
      Effect.gen(function* () {
        const hits = Array.from({ length: m }, () => new Float64Array(shown))
        let positions = 0
        for (const text of texts) {
          const outputs = yield* forward.run(
            prompts,
            promptFeeds(backbone, one, [anchored(text, one, () => 0.5)]),
          )
          positions += one.anchors
          for (let j = 0; j < m; j++) {
            const guesses = yield* Effect.promise(() => readFeed(outputs[`guess.${j + 1}`]!))
            const own = yield* Effect.promise(() => readFeed(outputs[`own.${j + 1}`]!))
            for (let i = 0; i < one.anchors; i++) {
              const from = i * vocabulary
              const token = argmax(own.subarray(from, from + vocabulary))
              const rank = rankOf(guesses.subarray(from, from + vocabulary), token)
              if (rank < shown) hits[j]![rank]!++
            }
          }
          yield* Effect.yieldNow
        }
        return {
          accuracy: hits.map((counts) => Array.from(counts, (count) => count / Math.max(1, positions))),
          positions,
        }
      })
  })
