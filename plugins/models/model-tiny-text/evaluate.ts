import type { DeviceError, ParadeError } from "@parade/core"
import { kneserNey } from "@parade/recipes"
import type { TokenSource } from "@parade/recipes"
import type { Evaluation, ParameterStore } from "@parade/training"
import type { TrainingRequest } from "@parade/transformer"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"
import type { TinyTextData } from "./data.ts"
import { feedsOf } from "./model.ts"

/** Held-out sequences of a source, by batch. */
const heldOut = (source: TokenSource, { batch, heldOutBatches }: TinyTextConfig) =>
  Array.from({ length: heldOutBatches }, (_, i) =>
    Array.from({ length: batch }, (_, j) => source.heldOut(i * batch + j)),
  )

/** The loss on held-out sequences of each source, `loss.<source>`. */
export const heldOutLosses = (
  evaluate: Evaluation,
  store: ParameterStore,
  request: TrainingRequest,
  sources: readonly TokenSource[],
  config: TinyTextConfig,
): Effect.Effect<Readonly<Record<string, number>>, DeviceError> =>
  Effect.gen(function* () {
    const losses: Record<string, number> = {}
    for (const source of sources) {
      let sum = 0
      for (const windows of heldOut(source, config))
        sum += (yield* evaluate(store, feedsOf(request, windows)))["loss"]!
      losses[`loss.${source.name}`] = sum / config.heldOutBatches
    }
    return losses
  })

/** The losses of a model that counts, on the same sequences: `baseline.<source>`, one for each source. */
export const ngramLosses = (
  { sources, counted, tokenizer }: TinyTextData,
  config: TinyTextConfig,
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.sync(() => {
    const losses: Record<string, number> = {}
    for (const [index, source] of sources.entries()) {
      const options = { order: config.ngramOrder, vocabulary: tokenizer.vocabularySize }
      const model = kneserNey([counted[index]!()], options)
      const all = heldOut(source, config).flat().map(model.loss)
      losses[`baseline.${source.name}`] = all.reduce((sum, loss) => sum + loss, 0) / all.length
    }
    return losses
  })
