import { definePlugin, type Plugin } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { train } from "@parade/training"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { directionPoints, directionTraining } from "../../kernels/training/_directions.ts"

/** For tests: two small layers, trained as slowly as they are told, from data that may be broken at a place. */
export const scripted: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "scripted",
  summary: "Trains two small layers.",
  config: Schema.Struct({
    milliseconds: Schema.optionalKey(Schema.Int),
    brokenAt: Schema.optionalKey(Schema.Int),
  }),
  make: ({ milliseconds = 0, brokenAt = -1 }) =>
    Effect.succeed({
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
              Effect.delay(Effect.succeed(directionPoints(place, place === brokenAt)), milliseconds),
            evaluation: { every: 4, run: () => Effect.succeed({ "loss.some": 0.5 }) },
          })
        }),
    }),
})
