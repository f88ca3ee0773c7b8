import type { Branch, Graph, Initializer, Node, Value } from "./graph.ts"

/** What a builder has collected. */
export interface GraphParts {
  readonly name: string
  readonly inputs: readonly Value[]
  readonly outputs: readonly { readonly name: string; readonly value: Value }[]
  readonly initializers: readonly Initializer[]
  /** In the order they were built, which is one they can be computed in. */
  readonly nodes: readonly Node[]
  readonly values: ReadonlyMap<string, Value>
}

const renameBranch = ({ nodes, outputs }: Branch, rename: (name: string) => string): Branch => ({
  nodes: nodes.map((node) => renameNode(node, rename)),
  outputs: outputs.map(rename),
})

/** A node whose values go by other names. */
const renameNode = (node: Node, rename: (name: string) => string): Node => ({
  ...node,
  inputs: node.inputs.map(rename),
  outputs: node.outputs.map(rename),
  ...(node.branches === undefined
    ? {}
    : {
        branches: {
          met: renameBranch(node.branches.met, rename),
          otherwise: renameBranch(node.branches.otherwise, rename),
        },
      }),
  ...(node.gradient === undefined
    ? {}
    : {
        gradient: {
          ...node.gradient,
          inputs: node.gradient.inputs.map(rename),
          saved: node.gradient.saved.map(rename),
        },
      }),
})

/** The values that a node reads: its inputs, what its gradient is made of, and what its branches read or make. */
export const readNames = ({ inputs, gradient, branches }: Node): readonly string[] => [
  ...inputs,
  ...(gradient === undefined ? [] : [...gradient.inputs, ...gradient.saved]),
  ...(branches === undefined
    ? []
    : [branches.met, branches.otherwise].flatMap(({ nodes, outputs }) => [
        ...nodes.flatMap(readNames),
        ...outputs,
      ])),
]

/** The nodes that outputs depend on, or gradients may. */
const neededNodes = ({ nodes, outputs }: GraphParts): Node[] => {
  const needed = new Set(outputs.map(({ value }) => value.name))
  const kept: Node[] = []
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => needed.has(output))) continue
    kept.push(node)
    for (const name of readNames(node)) needed.add(name)
  }
  return kept.reverse()
}

/** The graph of what its outputs need, whose values have the outputs' names. */
export const finishGraph = (parts: GraphParts): Graph => {
  const { name: graph, inputs, outputs, initializers } = parts
  const nodes = neededNodes(parts)
  const values = new Map(parts.values)
  const renamed = new Map<string, string>()
  const rename = (name: string): string => renamed.get(name) ?? name
  const made = new Set(nodes.flatMap((node) => node.outputs))
  for (const { name, value } of outputs) {
    values.set(name, { ...value, name })
    // The first output of an inner value gives it its name; a second one, an input or a constant is copied.
    if (made.has(value.name) && !renamed.has(value.name)) {
      renamed.set(value.name, name)
      values.delete(value.name)
    } else nodes.push({ op: "Identity", domain: "", inputs: [value.name], outputs: [name], attributes: {} })
  }
  return {
    name: graph,
    inputs: [...inputs],
    outputs: outputs.map(({ name }) => values.get(name)!),
    initializers: [...initializers],
    nodes: nodes.map((node) => renameNode(node, rename)),
    values,
  }
}
