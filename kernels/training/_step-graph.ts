import { GraphBuilder, copyGraph, gradients, ops } from "@parade/graph"
import type { Graph, Value } from "@parade/graph"
import { adamW, gradientSquares } from "./adamw.ts"
import type { AdamWInputs, AdamWOptions } from "./adamw.ts"
import { TrainingError } from "./error.ts"
import { parameterName } from "./parameters.ts"

/** A parameter as steps feed and fetch it. */
export interface TrainedParameter {
  readonly name: string
  readonly shape: readonly number[]
}

/** The graphs of a step: one that does all, or one that adds up gradients and one that updates. */
export interface StepGraphs {
  readonly parameters: readonly TrainedParameter[]
  /** Losses and whatever else the loss graph gives. */
  readonly metrics: readonly string[]
  readonly whole?: Graph
  readonly add?: Graph
  readonly update?: Graph
}

const noLoss = (graph: Graph, why: string): TrainingError =>
  new TrainingError({ code: "training.no-loss", message: `Graph "${graph.name}" ${why}.`, fault: "bug" })

/** The loss graph with the parameters as inputs `value.<name>`, and their gradients. */
const differentiated = (
  g: GraphBuilder,
  graph: Graph,
  parameters: readonly TrainedParameter[],
): { readonly values: readonly Value[]; readonly gradients: readonly Value[] } => {
  const inputs = new Map(
    parameters.map(({ name, shape }) => [name, g.input(`value.${name}`, "float32", shape)]),
  )
  const values = new Map<string, Value>()
  for (const initializer of graph.initializers) {
    const input = initializer.weight === true ? inputs.get(parameterName(initializer)) : undefined
    if (input !== undefined) values.set(initializer.name, input)
  }
  const outputs = copyGraph(g, graph, { values })
  const wrt = [...inputs.values()]
  const found = gradients(g, outputs.get("loss")!, wrt)
  for (const [name, value] of outputs) g.output(name, value)
  return { values: wrt, gradients: found }
}

const addUpdate = (
  g: GraphBuilder,
  parameters: readonly TrainedParameter[],
  values: readonly Value[],
  found: readonly Value[],
  options: AdamWOptions,
): void => {
  const scalar = (name: keyof AdamWInputs): Value => g.input(`adamw.${name}`, "float32", [])
  const scalars = { rate: scalar("rate"), size: scalar("size"), epsilon: scalar("epsilon") }
  const squares = g.within("update", () => gradientSquares(g, found))
  g.output("gradient.squares", squares)
  const all = parameters.map(({ name, shape }, i) => ({
    name,
    value: values[i]!,
    gradient: found[i]!,
    first: g.input(`first.${name}`, "float32", shape),
    second: g.input(`second.${name}`, "float32", shape),
  }))
  const results = g.within("update", () => adamW(g, all, squares, scalars, options))
  results.forEach((result, i) => {
    const { name } = parameters[i]!
    g.output(`next.value.${name}`, result.value)
    g.output(`next.first.${name}`, result.first)
    g.output(`next.second.${name}`, result.second)
  })
}

/**
 * The graphs of a training step for a graph whose output `loss` is one number. With `accumulate` above 1 a step is that
 * many batches, whose gradients are averaged before one update.
 */
export const stepGraphs = (
  graph: Graph,
  options: {
    readonly trainable: (name: string) => boolean
    readonly optimizer: AdamWOptions
    readonly accumulate: number
  },
): StepGraphs => {
  const { trainable, optimizer, accumulate } = options
  const loss = graph.outputs.find(({ name }) => name === "loss")
  if (loss === undefined) throw noLoss(graph, 'has no output "loss"')
  const shapes = new Map<string, readonly number[]>()
  for (const initializer of graph.initializers) {
    const name = parameterName(initializer)
    if (initializer.weight === true && trainable(name)) shapes.set(name, initializer.shape)
  }
  if (shapes.size === 0) throw noLoss(graph, "has no weight to train")
  const parameters = [...shapes].map(([name, shape]) => ({ name, shape }))
  const metrics = graph.outputs.map(({ name }) => name)
  const g = new GraphBuilder(`${graph.name}.step`)
  const { values, gradients: found } = differentiated(g, graph, parameters)
  if (accumulate === 1) {
    addUpdate(g, parameters, values, found, optimizer)
    return { parameters, metrics, whole: g.build() }
  }
  const share = g.constant("float32", [], [1 / accumulate])
  parameters.forEach(({ name, shape }, i) => {
    const sum = g.input(`sum.${name}`, "float32", shape)
    g.output(`next.sum.${name}`, ops.add(g, sum, ops.mul(g, found[i]!, share)))
  })
  const u = new GraphBuilder(`${graph.name}.update`)
  const inputsOf = (kind: string): readonly Value[] =>
    parameters.map(({ name, shape }) => u.input(`${kind}.${name}`, "float32", shape))
  addUpdate(u, parameters, inputsOf("value"), inputsOf("sum"), optimizer)
  return { parameters, metrics, add: g.build(), update: u.build() }
}
