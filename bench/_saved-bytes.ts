import { GraphBuilder, copyGraph, gradients } from "@parade/graph"
import type { Graph, Node } from "@parade/graph"

const elementBytes: Readonly<Record<string, number>> = { float32: 4, int64: 8, int32: 4, bool: 1 }

/** Operators that give their input in another shape, for which runtimes copy nothing. */
const views = new Set(["Reshape", "Identity"])

/** Bytes of what the way back of a loss reads and the way forwards made: what has to be kept in between. */
export const savedBytes = (graph: Graph): number => {
  const g = new GraphBuilder("saved")
  const weights = graph.initializers.filter(({ weight }) => weight === true)
  const inputs = weights.map(({ name, shape }) => g.input(`value.${name}`, "float32", shape))
  const outputs = copyGraph(g, graph, {
    values: new Map(weights.map(({ name }, i) => [name, inputs[i]!])),
  })
  const forwards = g.nodes.length
  const given = gradients(g, outputs.get("loss")!, inputs)
  given.forEach((gradient, i) => g.output(`d${i}`, gradient))
  const made = new Map<string, Node>()
  for (const node of g.nodes.slice(0, forwards)) for (const name of node.outputs) made.set(name, node)
  // Outputs go by other names in what is built.
  const needed = new Set(g.build().nodes.flatMap((node) => node.outputs))
  for (const { name } of given) needed.add(name)
  const source = (name: string): string => {
    const node = made.get(name)
    return node !== undefined && views.has(node.op) ? source(node.inputs[0]!) : name
  }
  const saved = new Set<string>()
  for (const node of g.nodes.slice(forwards))
    if (node.outputs.some((name) => needed.has(name)))
      for (const name of node.inputs.map(source)) if (made.has(name)) saved.add(name)
  return [...saved].reduce((sum, name) => {
    const { type, shape } = g.value(name)
    return sum + shape.reduce<number>((bytes, length) => bytes * Number(length), elementBytes[type]!)
  }, 0)
}
