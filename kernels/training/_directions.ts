import type { DeviceError, GraphError } from "@parade/core"
import { uniform } from "@parade/core"
import { GraphBuilder, crossEntropy, linear, ops, referenceDevice, tensor } from "@parade/graph"
import type { Feeds, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { TrainingError } from "./error.ts"
import { constantSchedule } from "./schedule.ts"
import { addParameters, makeParameterStore } from "./parameters.ts"
import { compileStep } from "./compile-step.ts"
import type { StepOptions } from "./compile-step.ts"
import type { TrainOptions } from "./train.ts"

/** For tests: towards which of three directions a point lies, learnt by two layers. */
export const directionLoss = (): Graph => {
  const g = new GraphBuilder("directions")
  const matrix = (identity: string, rows: number, columns: number, seed: number) => ({
    kind: "dense" as const,
    rows,
    columns,
    identity,
    values: () => Float32Array.from({ length: rows * columns }, (_, i) => uniform(seed, "noise", i) - 0.5),
  })
  const points = g.input("points", "float32", [8, 2])
  const bias = { length: 6, identity: "inner.bias", values: () => new Float32Array(6) }
  const inner = ops.tanh(g, linear(g, points, matrix("inner.weight", 6, 2, 1), bias))
  const logits = linear(g, inner, matrix("outer.weight", 3, 6, 2))
  g.output("loss", crossEntropy(g, logits, g.input("direction", "int64", [8])))
  return g.build()
}

/** The points at a place of the stream; `broken` has one that is no number. */
export const directionPoints = (place: number, broken = false): Feeds => {
  const points = Float32Array.from({ length: 16 }, (_, i) => 2 * uniform(7, "noise", i, place) - 1)
  const direction = BigInt64Array.from({ length: 8 }, (_, i) => {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!]
    const along = [x, -x / 2 + y * 0.9, -x / 2 - y * 0.9]
    return BigInt(along.indexOf(Math.max(...along)))
  })
  if (broken) points[3] = Number.NaN
  return { points: tensor("float32", [8, 2], points), direction: tensor("int64", [8], direction) }
}

/** A training of the directions on the interpreter, to be run with a number of steps in a folder. */
export const directionTraining = (
  folder: string,
  steps: number,
  stepOptions: StepOptions = {},
): Effect.Effect<TrainOptions<never, never>, TrainingError | DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const graph = directionLoss()
    const step = yield* compileStep(referenceDevice, graph, stepOptions)
    const store = makeParameterStore()
    addParameters(store, graph)
    const options: TrainOptions<never, never> = {
      folder,
      fingerprint: "directions",
      step,
      store,
      steps,
      schedule: constantSchedule(0.02),
      batch: (place) => Effect.succeed(directionPoints(place)),
      checkpointEvery: 3,
    }
    return options
  })
