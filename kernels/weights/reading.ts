import { WeightsError } from "@parade/core"
import * as Effect from "effect/Effect"

/** Work with tensors and matrices, which throws `WeightsError`, as an effect that fails with it. */
export const reading = <A>(work: () => A): Effect.Effect<A, WeightsError> =>
  Effect.suspend(() => {
    try {
      return Effect.succeed(work())
    } catch (error) {
      if (error instanceof WeightsError) return Effect.fail(error)
      throw error
    }
  })
