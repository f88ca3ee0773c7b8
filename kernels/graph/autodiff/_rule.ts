import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions, sameDimension } from "../dimension.ts"
import type { Dimension, Node, Value } from "../graph.ts"
import { initializerBytes } from "../onnx-file.ts"
import * as ops from "../ops/mod.ts"

/** A node on the way back. */
export interface Backward {
  readonly g: GraphBuilder
  readonly node: Node
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
  /** What flows into each output, in its shape; nothing where nobody asked for it. At least one is there. */
  readonly gradients: readonly (Value | undefined)[]
}

/** The gradient of each input, made only where it is wanted; nothing for inputs that have none. */
export type Rule = (backward: Backward) => readonly ((() => Value) | undefined)[]

export const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

export const zeros = (g: GraphBuilder, shape: readonly Dimension[]): Value =>
  ops.expand(g, number(g, 0), shape)

/** `x` summed over the axes along which `shape` was stretched to its shape. */
export const sumTo = (g: GraphBuilder, x: Value, shape: readonly Dimension[]): Value => {
  const lead = x.shape.length - shape.length
  const stretched = x.shape.flatMap((size, axis) =>
    axis < lead || (shape[axis - lead] === 1 && !sameDimension(size, 1)) ? [axis] : [],
  )
  const sum = stretched.length === 0 ? x : ops.reduceSum(g, x, stretched)
  return lead === 0 ? sum : ops.reshape(g, sum, shape)
}

/** The integers of a constant input, such as the ends of a slice. */
export const integersOf = (g: GraphBuilder, value: Value): readonly number[] | undefined => {
  const constant = g.constantOf(value)
  if (constant === undefined || constant.type !== "int64") return undefined
  return Array.from(new BigInt64Array(initializerBytes(constant).slice().buffer), Number)
}

/** A batch of rows as one matrix. */
export const flat = (g: GraphBuilder, x: Value): Value =>
  x.shape.length === 2 ? x : ops.reshape(g, x, [multiplyDimensions(...x.shape.slice(0, -1)), x.shape.at(-1)!])

/** A matrix, or each of a batch, turned round. */
export const transposed = (g: GraphBuilder, x: Value): Value => {
  const axes = x.shape.map((_, axis) => axis)
  return ops.transpose(g, x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2])
}

/** A rule for nodes of one output: its gradient, the inputs, and the output. */
export const simple =
  (
    rule: (
      g: GraphBuilder,
      gradient: Value,
      inputs: readonly Value[],
      output: Value,
      node: Node,
    ) => ReturnType<Rule>,
  ): Rule =>
  ({ g, node, inputs, outputs, gradients }) =>
    rule(g, gradients[0]!, inputs, outputs[0]!, node)
