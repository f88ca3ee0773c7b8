import { definePlugin, type Plugin } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { train } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { directionPoints, directionTraining } from "../../kernels/training/_directions.ts"

/** For tests: two small layers, trained from data that may be broken at a place. */
export const scripted: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "scripted",
  summary: "Trains two small layers.",
  config: Schema.Struct({
    /** At which place the step lasts until there is an interrupt: whoever sends it may take any time. */
    interruptedAt: Schema.optionalKey(Schema.Int),
    brokenAt: Schema.optionalKey(Schema.Int),
  }),
  make: ({ interruptedAt, brokenAt = -1 }) => {
    const interrupt =
      interruptedAt === undefined
        ? undefined
        : new Promise<void>((resolve) => {
            // A process that waits for nothing ends before the signal comes.
            const waiting = setInterval(() => undefined, 60_000)
            process.once("SIGINT", () => {
              clearInterval(waiting)
              resolve()
            })
          })
    return Effect.succeed({
      name: "scripted",
      description: "two small layers",
      steps: 12,
      tokensPerStep: 8,
      writes: [],
      train: ({ folder, steps, onStep }) =>
        Effect.gen(function* () {
          const options = yield* directionTraining(folder, steps)
          yield* train({
            ...options,
            onStep,
            batch: (place) =>
              Effect.as(
                interrupt !== undefined && place === interruptedAt
                  ? Effect.promise(() => interrupt)
                  : Effect.void,
                directionPoints(place, place === brokenAt),
              ),
            evaluation: { every: 4, run: () => Effect.succeed({ "loss.some": 0.5 }) },
          })
        }),
    })
  },
})
