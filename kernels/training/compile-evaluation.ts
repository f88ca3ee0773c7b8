import type { DeviceError, GraphError } from "@parade/core"
import { GraphBuilder, copyGraph } from "@parade/graph"
import type { Device, Feed, Feeds, Graph } from "@parade/graph"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { parameterName, readFeed } from "./parameters.ts"
import type { ParameterStore } from "./parameters.ts"

/** The outputs of a graph over the parameters of a store, each as the mean of its numbers. */
export type Evaluation = (
  store: ParameterStore,
  feeds: Feeds,
) => Effect.Effect<Readonly<Record<string, number>>, DeviceError>

/** Compiles a graph to be run over parameters as they are; `trainable` as for the step. */
export const compileEvaluation = (
  device: Device,
  graph: Graph,
  trainable: (name: string) => boolean = () => true,
): Effect.Effect<Evaluation, DeviceError | GraphError, Scope> =>
  Effect.gen(function* () {
    const g = new GraphBuilder(`${graph.name}.evaluation`)
    const fed = graph.initializers.filter(
      (initializer) => initializer.weight === true && trainable(parameterName(initializer)),
    )
    const names = [...new Set(fed.map(parameterName))]
    const inputs = new Map(
      names.map((name) => {
        const { shape } = fed.find((initializer) => parameterName(initializer) === name)!
        return [name, g.input(`value.${name}`, "float32", shape)]
      }),
    )
    const values = new Map(
      fed.map((initializer) => [initializer.name, inputs.get(parameterName(initializer))!]),
    )
    for (const [name, value] of copyGraph(g, graph, { values })) g.output(name, value)
    const program = yield* device.compile(g.build())
    return (store, feeds) =>
      Effect.gen(function* () {
        const all: Record<string, Feed> = { ...feeds }
        for (const name of names) all[`value.${name}`] = store.states.get(name)!.value
        const outputs = yield* program.run(all, program.graph.outputs)
        const means: Record<string, number> = {}
        for (const { name } of program.graph.outputs) {
          const numbers = yield* Effect.promise(() => readFeed(outputs[name]!))
          means[name] = numbers.reduce((sum, x) => sum + x, 0) / numbers.length
        }
        return means
      })
  })
