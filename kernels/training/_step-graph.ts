import { GraphBuilder, gradients, ops } from "@parade/graph"
import type { Graph, Value } from "@parade/graph"
import { adamW, gradientSquares, runningMean } from "./adamw.ts"
import type { AdamWInputs, AdamWOptions } from "./adamw.ts"
import { TrainingError } from "./error.ts"
import { fedGraph } from "./_fed-graph.ts"

/** A parameter as steps feed and fetch it. */
export interface TrainedParameter {
  readonly name: string
  readonly shape: readonly number[]
}

/** What a step gives, whoever updates. */
interface Trained {
  readonly parameters: readonly TrainedParameter[]
  /** Losses and whatever else the loss graph gives. */
  readonly metrics: readonly string[]
}

/** The graph of a step whose parameters are updated elsewhere: outputs `gradient.<name>` beside the metrics. */
export interface GradientGraph extends Trained {
  readonly gradients: Graph
}

/** The graphs of a step: one that does all, or one that adds up gradients and one that updates. */
export interface StepGraphs extends Trained {
  readonly whole?: Graph
  readonly add?: Graph
  readonly update?: Graph
}

const noLoss = (graph: Graph, why: string): TrainingError =>
  new TrainingError({ code: "training.no-loss", message: `Graph "${graph.name}" ${why}.`, fault: "bug" })

interface UpdateOptions {
  readonly optimizer: AdamWOptions
  readonly average: number | undefined
}

const addUpdate = (
  g: GraphBuilder,
  parameters: readonly TrainedParameter[],
  values: readonly Value[],
  found: readonly Value[],
  { optimizer, average }: UpdateOptions,
): void => {
  const input = (name: keyof AdamWInputs, ...shape: number[]): Value =>
    g.input(`adamw.${name}`, "float32", shape)
  const count = parameters.length
  const scalars = { rate: input("rate"), size: input("size", count), epsilon: input("epsilon", count) }
  const squares = g.within("update", () => gradientSquares(g, found))
  g.output("gradient.squares", squares)
  const all = parameters.map(({ name, shape }, i) => ({
    name,
    value: values[i]!,
    gradient: found[i]!,
    first: g.input(`first.${name}`, "float32", shape),
    second: g.input(`second.${name}`, "float32", shape),
  }))
  const results = g.within("update", () => adamW(g, all, squares, scalars, optimizer))
  results.forEach((result, i) => {
    const { name, shape } = parameters[i]!
    g.output(`next.value.${name}`, result.value)
    g.output(`next.first.${name}`, result.first)
    g.output(`next.second.${name}`, result.second)
    if (average === undefined) return
    const mean = g.input(`average.${name}`, "float32", shape)
    g.output(
      `next.average.${name}`,
      g.within("update", () => runningMean(g, mean, result.value, average)),
    )
  })
}

/** A loss graph in a builder with its gradients, in the order of the parameters. */
const withGradients = (
  graph: Graph,
  trainable: (name: string) => boolean,
): Trained & {
  readonly g: GraphBuilder
  readonly values: readonly Value[]
  readonly found: readonly Value[]
} => {
  const loss = graph.outputs.find(({ name }) => name === "loss")
  if (loss === undefined) throw noLoss(graph, 'has no output "loss"')
  const { g, inputs, outputs } = fedGraph(graph, trainable, `${graph.name}.step`)
  if (inputs.size === 0) throw noLoss(graph, "has no weight to train")
  const values = [...inputs.values()]
  const found = gradients(g, outputs.get("loss")!, values)
  for (const [name, value] of outputs) g.output(name, value)
  return {
    g,
    values,
    found,
    parameters: [...inputs].map(([name, { shape }]) => ({ name, shape: shape as readonly number[] })),
    metrics: graph.outputs.map(({ name }) => name),
  }
}

/** The output that has the gradient of a parameter. */
export const gradientOf = (name: string): string => `gradient.${name}`

/** The gradients of a graph whose output `loss` is one number. */
export const gradientGraph = (graph: Graph, trainable: (name: string) => boolean): GradientGraph => {
  const { g, found, parameters, metrics } = withGradients(graph, trainable)
  parameters.forEach(({ name }, i) => g.output(gradientOf(name), found[i]!))
  return { parameters, metrics, gradients: g.build() }
}

/**
 * The graphs of a training step for a graph whose output `loss` is one number. With `accumulate` above 1 a step is that
 * many batches, whose gradients are averaged before one update.
 */
export const stepGraphs = (
  graph: Graph,
  options: UpdateOptions & {
    readonly trainable: (name: string) => boolean
    readonly accumulate: number
  },
): StepGraphs => {
  const { trainable, accumulate } = options
  const { g, values, found, parameters, metrics } = withGradients(graph, trainable)
  if (accumulate === 1) {
    addUpdate(g, parameters, values, found, options)
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
  addUpdate(u, parameters, inputsOf("value"), inputsOf("sum"), options)
  return { parameters, metrics, add: g.build(), update: u.build() }
}
