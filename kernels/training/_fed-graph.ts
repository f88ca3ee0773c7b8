import { GraphBuilder, copyGraph } from "@parade/graph"
import type { Feed, Feeds, Graph, Value } from "@parade/graph"
import { parameterName } from "./parameters.ts"
import type { ParameterValues } from "./parameters.ts"

/** A graph whose parameters are inputs `value.<name>`. */
export interface FedGraph {
  readonly g: GraphBuilder
  /** By the names of parameters, in the order in which the graph has them. */
  readonly inputs: ReadonlyMap<string, Value>
  readonly outputs: ReadonlyMap<string, Value>
}

/** The graph in a builder of that name, its trainable weights as inputs and all others as they are. */
export const fedGraph = (graph: Graph, trainable: (name: string) => boolean, name: string): FedGraph => {
  const g = new GraphBuilder(name)
  const inputs = new Map<string, Value>()
  const values = new Map<string, Value>()
  for (const initializer of graph.initializers) {
    const parameter = parameterName(initializer)
    if (initializer.weight !== true || !trainable(parameter)) continue
    const input = inputs.get(parameter) ?? g.input(`value.${parameter}`, "float32", initializer.shape)
    inputs.set(parameter, input)
    values.set(initializer.name, input)
  }
  return { g, inputs, outputs: copyGraph(g, graph, { values }) }
}

/** What the graph is fed: a batch, and those of its parameters that are there. What is missing, the device says. */
export const withParameters = (
  inputs: FedGraph["inputs"],
  parameters: ParameterValues,
  feeds: Feeds,
): Feeds => {
  const all: Record<string, Feed> = { ...feeds }
  for (const [name, { value }] of parameters.states) if (inputs.has(name)) all[`value.${name}`] = value
  return all
}
