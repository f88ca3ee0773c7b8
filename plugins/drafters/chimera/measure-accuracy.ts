import type { ParadeError } from "@parade/core"
import { temperatureFit } from "@parade/drafter-recipes"
import { type MeasuredAccuracy, rankCounter } from "@parade/drafting"
import type { Device } from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import { compileForward, type ParameterValues, readFeed } from "@parade/training"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import {
  areSaid,
  drafterFeeds,
  drafterGuesses,
  type DraftLayout,
  idsOf,
  isTrained,
  type Trainee,
} from "./drafter-loss.ts"

/** What is measured of a drafter. */
export interface MeasuredDrafter extends MeasuredAccuracy {
  /** By level, of a drafter with a vocabulary of its own: what makes its chances as good as they say. */
  readonly temperatures?: readonly number[]
}

/** Every how many places temperatures are fitted to. */
const fitEvery = 2

/**
 * Measures how often exactly the token of each rank of each level is the model's own, at places of the model's own words that
 * were not trained on, where the drafts of the levels before are right: so the product along a path is the chance of it.
 */
export const accuracyMeter = (
  device: Device,
  trainee: Trainee,
  layout: DraftLayout,
): Effect.Effect<
  (drafter: ParameterValues, texts: readonly ModelText[]) => Effect.Effect<MeasuredDrafter, ParadeError>,
  ParadeError,
  Scope
> =>
  Effect.gen(function* () {
    const { levels } = layout
    const { lmHead, without } = trainee
    const one = { ...layout, batch: 1 }
    const lowering = { kind: device.lowering, without: device.without }
    const guesses = drafterGuesses(trainee, one, lowering)
    const forward = yield* compileForward(device, guesses, isTrained(without, lmHead.identity))
    return (drafter, texts) =>
      Effect.gen(function* () {
        const counter = rankCounter(levels, lmHead.rows)
        const idOf = idsOf(trainee)
        const fits = trainee.draft && Array.from({ length: levels }, temperatureFit)
        for (const text of texts) {
          const outputs = yield* forward.run(drafter, drafterFeeds(trainee, one, [text]))
          for (let level = 1; level <= levels; level++) {
            const logits = yield* Effect.promise(() => readFeed(outputs[`guess.${level}`]!))
            // The token after the one at position i is the newest; level m guesses m places behind it.
            for (let i = text.from - 1; i + level + 1 < text.tokens.length; i++) {
              const row = logits.subarray(i * lmHead.rows, (i + 1) * lmHead.rows)
              const id = idOf(text.tokens[i + level + 1]!)
              if (!areSaid(text, level, i, idOf)) continue
              if (id === undefined) {
                counter.miss(level - 1)
                continue
              }
              counter.count(level - 1, row, id)
              if (i % fitEvery === 0) fits?.[level - 1]!.add(row, id)
            }
          }
          yield* Effect.yieldNow
        }
        return { ...counter.measured(), ...(fits && { temperatures: fits.map((fit) => fit.best()) }) }
      })
  })
