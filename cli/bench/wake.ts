import { type CacheFactory, type DecodeFailure, type Model, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"

/** Milliseconds until a model is as fast as it gets. */
const least = 40

/**
 * Forwards that nobody times: another model has just run, whose threads wait busily for its next run for a while, on the cores that this one
 * needs, and the weights of this one have left the processor's caches. Without them a pipeline that comes after one of the same model
 * looks faster than all others, and short texts take half as long again.
 */
export const wake = (model: Model, caches: CacheFactory): Effect.Effect<void, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      const until = performance.now() + least
      while (performance.now() < until)
        yield* model.forward(tokenRows([0], 0), {
          cache,
          phase: "step",
          outputs: [{ name: "logits", rows: [0] }],
        })
    }),
  )
