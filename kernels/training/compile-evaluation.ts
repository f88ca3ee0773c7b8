import type { DeviceError, GraphError } from "@parade/core"
import type { Device, Feeds, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { compileForward } from "./compile-forward.ts"
import { readFeed } from "./parameters.ts"
import type { ParameterValues } from "./parameters.ts"

/** The outputs of a graph over parameters, each as the mean of its numbers. */
export type Evaluation = (
  parameters: ParameterValues,
  feeds: Feeds,
) => Effect.Effect<Readonly<Record<string, number>>, DeviceError>

/** Compiles a graph to be run over parameters as they are; `trainable` as for the step. */
export const compileEvaluation = (
  device: Device,
  graph: Graph,
  trainable: (name: string) => boolean = () => true,
): Effect.Effect<Evaluation, DeviceError | GraphError, Scope> =>
  Effect.map(compileForward(device, graph, trainable), (forward) =>
    Effect.fnUntraced(function* (parameters, feeds) {
      const outputs = yield* forward.run(parameters, feeds)
      const means: Record<string, number> = {}
      for (const name of forward.outputs) {
        const numbers = yield* Effect.promise(() => readFeed(outputs[name]!))
        means[name] = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
      }
      return means
    }),
  )
