import { GraphError } from "@parade/core"
import type { GraphBuilder } from "./builder.ts"
import { sameShape, substituteDimension } from "./dimension.ts"
import type { Dimension, Graph, Initializer, Value } from "./graph.ts"

/** What a copy has in place of parts of the graph. */
export interface Replacements {
  /** Values by the names of inputs and constants. */
  readonly values?: ReadonlyMap<string, Value>
  /** Dimensions by name, such as a number for a batch that is always as long. */
  readonly dimensions?: ReadonlyMap<string, Dimension>
}

/** The scope that a node stands in, by the names of what it gives. */
const scopeOf = (outputs: readonly string[]): string => {
  const name = outputs.find((output) => output !== "")!
  return name.slice(0, Math.max(0, name.lastIndexOf("/")))
}

/**
 * Adds a graph to a builder, under names of its own (scopes are kept), and gives its outputs by name. Inputs that are not replaced become
 * inputs of the builder. So models are put together: a loss behind a model, a teacher beside a student, weights fed
 * rather than constant.
 *
 * @throws GraphError where a replacement has another type or shape, a name is taken, or a node has branches.
 */
export const copyGraph = (
  g: GraphBuilder,
  graph: Graph,
  replacements: Replacements = {},
): ReadonlyMap<string, Value> => {
  const { values = new Map<string, Value>(), dimensions = new Map<string, Dimension>() } = replacements
  const copied = new Map<string, Value>()
  const shapeOf = (shape: readonly Dimension[]): readonly Dimension[] =>
    shape.map((size) => substituteDimension(size, dimensions))
  const replaced = ({ name, type, shape }: Value | Initializer): Value | undefined => {
    const value = values.get(name)
    if (value === undefined) return undefined
    const expected = shapeOf(shape)
    if (value.type !== type || !sameShape(value.shape, expected))
      throw g.refuse("copyGraph", [value], `"${name}" is ${type} [${expected.join(", ")}]`)
    return value
  }
  const find = (name: string): Value => {
    const value = copied.get(name)
    if (value === undefined)
      throw new GraphError({
        code: "graph.unknown-value",
        message: `Graph "${graph.name}" has no value "${name}".`,
        fault: "bug",
      })
    return value
  }
  for (const input of graph.inputs)
    copied.set(input.name, replaced(input) ?? g.input(input.name, input.type, shapeOf(input.shape)))
  for (const initializer of graph.initializers) {
    const { name: _name, byteLength: _byteLength, ...source } = initializer
    copied.set(initializer.name, replaced(initializer) ?? g.initializer(source))
  }
  const segments = new Map<symbol, symbol>()
  const within = <A>(segment: symbol | undefined, make: () => A): A => {
    if (segment === undefined) return make()
    const own = segments.get(segment) ?? Symbol(segment.description)
    segments.set(segment, own)
    return g.recomputed(make, own)
  }
  for (const { op, inputs, outputs, attributes, domain, gradient, segment, branches } of graph.nodes) {
    if (branches !== undefined)
      throw g.refuse("copyGraph", [], `"${outputs[0]}" has branches, which are not copied`)
    const types = outputs.map((name) => {
      if (name === "") return undefined
      const { type, shape } = graph.values.get(name)!
      return { type, shape: shapeOf(shape) }
    })
    const moved =
      gradient === undefined
        ? undefined
        : {
            ...gradient,
            inputs: gradient.inputs.map((name) => find(name).name),
            saved: gradient.saved.map((name) => find(name).name),
          }
    const operands = inputs.map((name) => (name === "" ? undefined : find(name)))
    const place = scopeOf(outputs)
    const add = (): readonly Value[] => g.node(op, operands, types, attributes, domain, moved)
    const made = within(segment, () => (place === "" ? add() : g.within(place, add)))
    outputs.filter((name) => name !== "").forEach((name, i) => copied.set(name, made[i]!))
  }
  return new Map(graph.outputs.map(({ name }) => [name, find(name)]))
}
