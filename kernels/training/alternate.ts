import * as Effect from "effect/Effect"
import type { TrainingStep } from "./compile-step.ts"
import { TrainingError } from "./error.ts"

/**
 * Several steps over one store in turn, as one: the first of each round takes steps 1, 1 + n, …. For losses that train
 * different parts, each with its own optimizer; the place of a batch tells whose turn it is.
 *
 * @throws TrainingError `training.bad-option` where they do not take equally many batches.
 */
export const alternate = (steps: readonly [TrainingStep, ...TrainingStep[]]): TrainingStep => {
  const { accumulate } = steps[0]
  if (steps.some((step) => step.accumulate !== accumulate))
    throw new TrainingError({
      code: "training.bad-option",
      message: `Steps that take turns take equally many batches, not ${steps.map((step) => step.accumulate).join(", ")}.`,
    })
  const all = new Map(steps.flatMap(({ parameters }) => parameters.map((one) => [one.name, one])))
  return {
    parameters: [...all.values()],
    accumulate,
    run: (store, batches, rate) =>
      Effect.suspend(() => steps[store.steps % steps.length]!.run(store, batches, rate)),
  }
}
