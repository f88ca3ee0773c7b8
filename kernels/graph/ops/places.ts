import type { GraphBuilder } from "../builder.ts"
import { sameDimension } from "../dimension.ts"
import type { Value } from "../graph.ts"
import { reshape } from "./layout.ts"
import { floats, numbers, requireAxis, requireShape, requireType, requireTypeOf, single } from "./_rules.ts"

const requireBeside = (
  g: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  x: Value,
  indices: Value,
  axis: number,
): number => {
  const at = requireAxis(g, op, inputs, axis)
  requireTypeOf(g, op, inputs, indices, "int32", "int64")
  if (
    indices.shape.length !== x.shape.length ||
    indices.shape.some((size, i) => i !== at && !sameDimension(size, x.shape[i]!))
  )
    throw g.refuse(op, inputs, `shapes differ beyond axis ${at}`)
  return at
}

/** For each element of `indices`, the element of `x` at its own place with the place along the axis replaced. */
export const gatherElements = (g: GraphBuilder, x: Value, indices: Value, axis = -1): Value => {
  const op = "GatherElements"
  const at = requireBeside(g, op, [x, indices], x, indices, axis)
  return single(g, op, [x, indices], { type: x.type, shape: indices.shape }, { axis: at })
}

/** `x` with each element of `updates` added at its own place with the place along the axis replaced by `indices`. */
export const scatterElements = (
  g: GraphBuilder,
  x: Value,
  indices: Value,
  updates: Value,
  axis = -1,
): Value => {
  const op = "ScatterElements"
  const inputs = [x, indices, updates]
  const type = requireType(g, op, [x, updates], numbers)
  const at = requireBeside(g, op, inputs, x, indices, axis)
  requireShape(g, op, inputs, updates, indices.shape)
  return single(g, op, inputs, { type, shape: x.shape }, { axis: at, reduction: "add" })
}

/** The slices `x[i, indices[i, j]]` of `x` `[R, N, …]` for `indices` `[R, K]`: `[R, K, …]`, each copied as a whole. */
export const gatherND = (g: GraphBuilder, x: Value, indices: Value): Value => {
  const op = "GatherND"
  requireTypeOf(g, op, [x, indices], indices, "int64")
  const [rows, count] = indices.shape
  if (indices.shape.length !== 2 || x.shape.length < 2 || !sameDimension(rows!, x.shape[0]!))
    throw g.refuse(op, [x, indices], "indices are not [rows, count] beside [rows, …]")
  const each = reshape(g, indices, [rows!, count!, 1])
  const shape = [rows!, count!, ...x.shape.slice(2)]
  return single(g, op, [x, each], { type: x.type, shape }, { batch_dims: 1 })
}

/**
 * The `count` largest along the last axis, largest first, or the smallest, smallest first; the lower place first among equals; and
 * their places (int64).
 */
export const topK = (
  g: GraphBuilder,
  x: Value,
  count: number,
  which: "largest" | "smallest" = "largest",
): { readonly values: Value; readonly places: Value } => {
  const type = requireType(g, "TopK", [x], floats)
  const axis = requireAxis(g, "TopK", [x], -1)
  const length = x.shape[axis]!
  if (!Number.isInteger(count) || count < 1 || (typeof length === "number" && count > length))
    throw g.refuse("TopK", [x], `it cannot choose ${count} of ${length}`)
  const shape = x.shape.with(axis, count)
  const [values, places] = g.node(
    "TopK",
    [x, g.constant("int64", [1], [count])],
    [
      { type, shape },
      { type: "int64", shape },
    ],
    { axis: -1, largest: which === "largest" ? 1 : 0, sorted: 1 },
  )
  return { values: values!, places: places! }
}
