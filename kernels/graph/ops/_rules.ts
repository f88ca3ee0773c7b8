import type { GraphBuilder, ValueType } from "../builder.ts"
import { sameDimension } from "../dimension.ts"
import type { Attribute, Dimension, Node, Value } from "../graph.ts"
import type { ElementType } from "../tensor.ts"

export const floats: readonly ElementType[] = ["float32", "float16"]
export const numbers: readonly ElementType[] = [...floats, "int32", "int64"]

/** All inputs present have one type, one of `types`. */
export const requireType = (
  g: GraphBuilder,
  op: string,
  inputs: readonly (Value | undefined)[],
  types: readonly ElementType[],
): ElementType => {
  const type = inputs[0]!.type
  if (!types.includes(type) || inputs.some((input) => input !== undefined && input.type !== type))
    throw g.refuse(op, inputs, `it takes values of one type among ${types.join(", ")}`, "graph.type-mismatch")
  return type
}

/** One input has the type. */
export const requireTypeOf = (
  g: GraphBuilder,
  op: string,
  inputs: readonly (Value | undefined)[],
  value: Value,
  ...types: readonly ElementType[]
): void => {
  if (!types.includes(value.type))
    throw g.refuse(op, inputs, `"${value.name}" must be ${types.join(" or ")}`, "graph.type-mismatch")
}

/** One input has the shape. */
export const requireShape = (
  g: GraphBuilder,
  op: string,
  inputs: readonly (Value | undefined)[],
  value: Value,
  shape: readonly Dimension[],
): void => {
  if (value.shape.length !== shape.length || !value.shape.every((size, i) => sameDimension(size, shape[i]!)))
    throw g.refuse(op, inputs, `"${value.name}" must have the shape [${shape.join(", ")}]`)
}

/** The axis counted from the front. */
export const requireAxis = (g: GraphBuilder, op: string, inputs: readonly Value[], axis: number): number => {
  const rank = inputs[0]!.shape.length
  const front = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(front) || front < 0 || front >= rank)
    throw g.refuse(op, inputs, `there is no axis ${axis} among ${rank}`)
  return front
}

/** The shape of an element-wise result: axes are matched from the back, and 1 stretches. */
export const broadcast = (
  g: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  shapes: readonly (readonly Dimension[])[] = inputs.map((input) => input.shape),
): readonly Dimension[] => {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, axis) => {
    let size: Dimension = 1
    for (const shape of shapes) {
      const other = shape[axis - rank + shape.length] ?? 1
      if (sameDimension(size, 1)) size = other
      else if (!sameDimension(other, 1) && !sameDimension(other, size))
        throw g.refuse(op, inputs, `dimensions ${size} and ${other} do not match`)
    }
    return size
  })
}

/** A node with one output. */
export const single = (
  g: GraphBuilder,
  op: string,
  inputs: readonly (Value | undefined)[],
  output: ValueType,
  attributes: Readonly<Record<string, Attribute>> = {},
  domain: Node["domain"] = "",
): Value => g.node(op, inputs, [output], attributes, domain)[0]!
