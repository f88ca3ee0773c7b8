import { sameDimension } from "../dimension.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { convolutionRules } from "./_convolution.ts"
import { elementwiseRules } from "./_elementwise.ts"
import { Flow } from "./_flow.ts"
import { fusedRules } from "./_fused.ts"
import { layoutRules } from "./_layout.ts"
import { productRules } from "./_product.ts"
import { reduceRules } from "./_reduce.ts"
import { number, zeros } from "./_rule.ts"
import type { Rule } from "./_rule.ts"
import { Segments } from "./_segments.ts"

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

/** Where the values come from that a node's gradient is made of. */
type Read = (name: string) => Value

const passCustom = (
  g: GraphBuilder,
  node: Node,
  gradient: Value,
  flow: Flow,
  active: ReadonlySet<string>,
  read: Read,
): void => {
  const { inputs, saved, backward } = node.gradient!
  const output = read(node.outputs[0]!)
  const made = backward({ g, gradient, output, inputs: inputs.map(read), saved: saved.map(read) })
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
  read: Read,
): void => {
  const rule = rules.get(node.op)
  if (rule === undefined)
    throw g.refuse(node.op, [g.value(node.outputs[0]!)], "no gradient passes it", "graph.not-differentiable")
  const inputs = node.inputs.map((name) => (name === "" ? undefined : read(name))) as readonly Value[]
  const outputs = node.outputs.map((name) => (name === "" ? undefined : read(name))) as readonly Value[]
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
 * used in several places gets the sum. Values within segments (`GraphBuilder.recomputed`) are computed again.
 *
 * @throws GraphError `graph.not-differentiable` for an operator between them that has no gradient.
 */
export const gradients = (g: GraphBuilder, loss: Value, wrt: readonly Value[]): readonly Value[] => {
  if (loss.type !== "float32" || loss.shape.some((size) => !sameDimension(size, 1)))
    throw g.refuse("gradients", [loss], "a loss is one number")
  const nodes = [...g.nodes]
  const active = dependents(g, nodes, wrt)
  const flow = new Flow(g)
  const segments = new Segments(g, nodes, new Set(wrt.map(({ name }) => name)), flow)
  return g.within("backward", () => {
    if (active.has(loss.name)) flow.add(loss.name, ops.expand(g, number(g, 1), loss.shape))
    for (const node of nodes.toReversed()) {
      if (!sourcesOf(node).some((name) => active.has(name))) continue
      const parts = node.outputs.map((name) => (active.has(name) ? flow.total(name) : undefined))
      const reached = parts.find((part) => part !== undefined)
      if (reached === undefined) continue
      const read = segments.enter(node.segment, reached)
      if (node.gradient === undefined) passNode(g, node, parts, flow, active, read)
      else passCustom(g, node, parts[0]!, flow, active, read)
    }
    return wrt.map((value) => flow.total(value.name) ?? zeros(g, value.shape))
  })
}
