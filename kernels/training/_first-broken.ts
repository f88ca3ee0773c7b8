import type { DeviceError, GraphError } from "@parade/core"
import { ops } from "@parade/graph"
import type { Device, Feeds, Graph, GraphBuilder, Value } from "@parade/graph"
import * as Effect from "effect/Effect"
import { fedGraph, withParameters } from "./_fed-graph.ts"
import type { FedGraph } from "./_fed-graph.ts"
import { readFeed } from "./parameters.ts"
import type { ParameterValues } from "./parameters.ts"

/** 1 where any element of a value is no number, else 0: `[1]`. */
const isBroken = (g: GraphBuilder, x: Value): Value => {
  const number = (value: number): Value => g.constant("float32", [], [value])
  const own = ops.where(g, ops.equal(g, x, x), number(0), number(1))
  const axes = x.shape.map((_, axis) => axis)
  return ops.reshape(g, axes.length === 0 ? own : ops.reduceMax(g, own, axes), [1])
}

/**
 * The name of the first value of a graph that is no number: an input, a parameter (`value.<name>`), or what a node gives.
 * Nothing where all are numbers, infinite ones among them: masks are full of those.
 */
export const firstBroken = (
  device: Device,
  graph: Graph,
  trainable: (name: string) => boolean,
): ((
  parameters: ParameterValues,
  feeds: Feeds,
) => Effect.Effect<string | undefined, DeviceError | GraphError>) => {
  const telling = (): {
    readonly graph: Graph
    readonly names: readonly string[]
    readonly fed: FedGraph
  } => {
    const fed = fedGraph(graph, trainable, `${graph.name}.broken`)
    const { g } = fed
    const made = g.nodes.flatMap(({ outputs }) => outputs.filter((name) => name !== ""))
    const values = [...g.inputs, ...made.map((name) => g.value(name))].filter(
      ({ type }) => type === "float32",
    )
    const marks = values.map((value) => isBroken(g, value))
    g.output("broken", ops.concat(g, marks, 0))
    return { graph: g.build(), names: values.map(({ name }) => name), fed }
  }
  return (parameters, feeds) =>
    Effect.scoped(
      Effect.gen(function* () {
        const { graph: own, names, fed } = telling()
        const program = yield* device.compile(own)
        const all = withParameters(fed.inputs, parameters, feeds)
        const results = yield* program.run(all, [{ name: "broken" }])
        const marks = yield* Effect.promise(() => readFeed(results["broken"]!))
        return names[marks.indexOf(1)]
      }),
    )
}
