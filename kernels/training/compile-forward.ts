import type { DeviceError, GraphError } from "@parade/core"
import type { Device, Feed, Feeds, Fetch, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { fedGraph, withParameters } from "./_fed-graph.ts"
import type { ParameterValues } from "./parameters.ts"

/** A graph over parameters that are given for each run. */
export interface Forward {
  readonly outputs: readonly string[]
  /** The outputs asked for; all of them by default, in ordinary memory. */
  readonly run: (
    parameters: ParameterValues,
    feeds: Feeds,
    fetches?: readonly Fetch[],
  ) => Effect.Effect<Readonly<Record<string, Feed>>, DeviceError>
}

/**
 * Compiles a graph to be run over parameters as they are: of a store while it is trained, of its averages, or of a
 * snapshot that is the teacher. Weights that are not `trainable` stay constants, as for the step.
 */
export const compileForward = (
  device: Device,
  graph: Graph,
  trainable: (name: string) => boolean = () => true,
): Effect.Effect<Forward, DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const { g, inputs, outputs } = fedGraph(graph, trainable, `${graph.name}.forward`)
    for (const [name, value] of outputs) g.output(name, value)
    const program = yield* device.compile(g.build())
    return {
      outputs: [...outputs.keys()],
      run: (parameters, feeds, fetches = program.graph.outputs) =>
        program.run(withParameters(inputs, parameters, feeds), fetches),
    }
  })
