import { type CacheFactory, type DecodeFailure, type Model, tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"

/** Forwards until a model is as fast as it gets. */
const forwards = 3

/**
 * Forwards that nobody times: another model has just run, and the weights of this one have left the processor's caches, the threads of
 * that one still spin. Without them a pipeline that comes after one of the same model looks faster than all others.
 */
export const wake = (model: Model, caches: CacheFactory): Effect.Effect<void, DecodeFailure> =>
  Effect.scoped(
    Effect.gen(function* () {
      const cache = yield* caches.make(yield* model.makeStore)
      for (let i = 0; i < forwards; i++)
        yield* model.forward(tokenRows([0], 0), {
          cache,
          phase: "step",
          outputs: [{ name: "logits", rows: [0] }],
        })
    }),
  )
