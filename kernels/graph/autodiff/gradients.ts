import { sameDimension, sameShape } from "../dimension.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { convolutionRules } from "./_convolution.ts"
import { elementwiseRules } from "./_elementwise.ts"
import { fusedRules } from "./_fused.ts"
import { layoutRules } from "./_layout.ts"
import { productRules } from "./_product.ts"
import { reduceRules } from "./_reduce.ts"
import { number, zeros } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

const rules: ReadonlyMap<string, Rule> = new Map(
  Object.entries({
    ...elementwiseRules,
    ...layoutRules,
    ...productRules,
    ...convolutionRules,
    ...reduceRules,
    ...fusedRules,
  }),
)

/** Operators that gradients pass through. */
export const differentiableOperators: readonly string[] = [...rules.keys()].sort()

/** The values a gradient may pass through a node to. */
const sourcesOf = (node: Node): readonly string[] => node.gradient?.inputs ?? node.inputs

/** The float values that depend on `wrt`: only they can have a gradient. */
const dependents = (g: GraphBuilder, nodes: readonly Node[], wrt: readonly Value[]): ReadonlySet<string> => {
  const active = new Set(wrt.map(({ name }) => name))
  for (const node of nodes)
    if (sourcesOf(node).some((name) => active.has(name)))
      for (const output of node.outputs)
        if (output !== "" && g.value(output).type === "float32") active.add(output)
  return active
}

/** Gradients on their way back, added up when asked for. */
class Flow {
  readonly #g: GraphBuilder
  readonly #parts = new Map<string, Value[]>()

  constructor(g: GraphBuilder) {
    this.#g = g
  }

  add(name: string, gradient: Value): void {
    const value = this.#g.value(name)
    if (!sameShape(gradient.shape, value.shape))
      throw this.#g.refuse("gradients", [value, gradient], "a gradient does not have the shape of its value")
    const parts = this.#parts.get(name)
    if (parts === undefined) this.#parts.set(name, [gradient])
    else parts.push(gradient)
  }

  total(name: string): Value | undefined {
    const parts = this.#parts.get(name)
    if (parts === undefined) return undefined
    const sum = parts.reduce((total, part) => ops.add(this.#g, total, part))
    this.#parts.set(name, [sum])
    return sum
  }
}

const passCustom = (
  g: GraphBuilder,
  node: Node,
  gradient: Value,
  flow: Flow,
  active: ReadonlySet<string>,
): void => {
  const { inputs, saved, backward } = node.gradient!
  const valuesOf = (names: readonly string[]): readonly Value[] => names.map((name) => g.value(name))
  const output = g.value(node.outputs[0]!)
  const made = backward({ g, gradient, output, inputs: valuesOf(inputs), saved: valuesOf(saved) })
  inputs.forEach((name, i) => {
    const part = made[i]
    if (part !== undefined && active.has(name)) flow.add(name, part)
  })
}

const passNode = (
  g: GraphBuilder,
  node: Node,
  gradients: readonly (Value | undefined)[],
  flow: Flow,
  active: ReadonlySet<string>,
): void => {
  const rule = rules.get(node.op)
  if (rule === undefined)
    throw g.refuse(node.op, [g.value(node.outputs[0]!)], "no gradient passes it", "graph.not-differentiable")
  const inputs = node.inputs.map((name) => (name === "" ? undefined : g.value(name))) as readonly Value[]
  const outputs = node.outputs.map((name) => (name === "" ? undefined : g.value(name))) as readonly Value[]
  const made = rule({ g, node, inputs, outputs, gradients })
  node.inputs.forEach((name, i) => {
    const make = made[i]
    if (make !== undefined && active.has(name)) flow.add(name, make())
  })
}

/**
 * The derivatives of `loss`, one number, with respect to values of the same builder: inputs, constants or inner values,
 * each in the shape of its value; zeros where the loss does not depend on it. Adds the nodes that compute them (reverse
 * mode). Nodes that do not lie between `wrt` and the loss cost nothing, so whatever is frozen is free; a value that is
 * used in several places gets the sum.
 *
 * @throws GraphError `graph.not-differentiable` for an operator between them that has no gradient.
 */
export const gradients = (g: GraphBuilder, loss: Value, wrt: readonly Value[]): readonly Value[] => {
  if (loss.type !== "float32" || loss.shape.some((size) => !sameDimension(size, 1)))
    throw g.refuse("gradients", [loss], "a loss is one number")
  const nodes = [...g.nodes]
  const active = dependents(g, nodes, wrt)
  const flow = new Flow(g)
  return g.within("backward", () => {
    if (active.has(loss.name)) flow.add(loss.name, ops.expand(g, number(g, 1), loss.shape))
    for (const node of nodes.toReversed()) {
      if (!sourcesOf(node).some((name) => active.has(name))) continue
      const parts = node.outputs.map((name) => (active.has(name) ? flow.total(name) : undefined))
      if (parts.every((part) => part === undefined)) continue
      if (node.gradient === undefined) passNode(g, node, parts, flow, active)
      else passCustom(g, node, parts[0]!, flow, active)
    }
    return wrt.map((value) => flow.total(value.name) ?? zeros(g, value.shape))
  })
}
