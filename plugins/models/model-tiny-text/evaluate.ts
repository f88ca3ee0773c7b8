import { heldOutBatches } from "@parade/model-recipes"
import type { ParadeError } from "@parade/core"
import { kneserNey } from "@parade/recipes"
import * as Effect from "effect/Effect"
import type { TinyTextConfig } from "./config.ts"
import type { CountedSource } from "./data.ts"

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
      const all = heldOutBatches(source, config).flat().map(model.loss)
      losses[`baseline.${source.name}`] = all.reduce((sum, loss) => sum + loss, 0) / all.length
    }
    return losses
  })
