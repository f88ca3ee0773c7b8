import type { ParadeError } from "@parade/core"
import { kneserNey, type TokenSource } from "@parade/recipes"
import type { Window } from "@parade/training"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"
import type { CountedSource } from "./data.ts"

/** Held-out sequences of a source, by batch. */
export const heldOutWindows = (
  source: TokenSource,
  { batch, heldOutBatches }: TinyTextConfig,
): readonly (readonly Window[])[] =>
  Array.from({ length: heldOutBatches }, (_, i) =>
    Array.from({ length: batch }, (_, j) => source.heldOut(i * batch + j)),
  )

/** The losses of a model that counts, on the same sequences: `baseline.<source>`, one for each source. */
export const ngramLosses = (
  sources: readonly CountedSource[],
  vocabulary: number,
  config: TinyTextConfig,
): Effect.Effect<Readonly<Record<string, number>>, ParadeError> =>
  Effect.sync(() => {
    const losses: Record<string, number> = {}
    for (const source of sources) {
      const model = kneserNey([source.counted()], { order: config.ngramOrder, vocabulary })
      const all = heldOutWindows(source, config).flat().map(model.loss)
      losses[`baseline.${source.name}`] = all.reduce((sum, loss) => sum + loss, 0) / all.length
    }
    return losses
  })
