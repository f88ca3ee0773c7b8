import type { GraphBuilder } from "../builder.ts"
import { addDimensions, multiplyDimensions, sameDimension } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import { requireAxis, requireType, requireTypeOf, single } from "./_rules.ts"
import { sizes } from "./sizes.ts"

/** The same elements in another shape; the number of elements must agree for every value of the names. */
export const reshape = (g: GraphBuilder, x: Value, shape: readonly Dimension[]): Value => {
  if (!sameDimension(multiplyDimensions(...x.shape), multiplyDimensions(...shape)))
    throw g.refuse("Reshape", [x], `its elements do not fill [${shape.join(", ")}]`)
  // 0 copies the dimension of the input at the same place; one dimension may be left to be worked out (-1).
  const copied = (size: Dimension, axis: number): boolean =>
    axis < x.shape.length && sameDimension(size, x.shape[axis]!)
  const open = shape.filter((size, axis) => typeof size === "string" && !copied(size, axis)).length
  const target =
    open > 1
      ? sizes(g, shape)
      : g.constant(
          "int64",
          [shape.length],
          shape.map((size, axis) => (typeof size === "number" ? size : copied(size, axis) ? 0 : -1)),
        )
  return single(g, "Reshape", [x, target], { type: x.type, shape })
}

/** Axis `i` of the result is axis `permutation[i]` of `x`. */
export const transpose = (g: GraphBuilder, x: Value, permutation: readonly number[]): Value => {
  if (
    permutation.toSorted((a, b) => a - b).some((axis, i) => axis !== i) ||
    permutation.length !== x.shape.length
  )
    throw g.refuse("Transpose", [x], `[${permutation.join(", ")}] is no order of its axes`)
  const shape = permutation.map((axis) => x.shape[axis]!)
  return single(g, "Transpose", [x], { type: x.type, shape }, { perm: permutation })
}

/** The values one after another along an axis. */
export const concat = (g: GraphBuilder, values: readonly Value[], axis: number): Value => {
  if (values.length === 0) throw g.refuse("Concat", values, "there is nothing to join")
  const type = requireType(g, "Concat", values, [values[0]!.type])
  const at = requireAxis(g, "Concat", values, axis)
  const first = values[0]!.shape
  for (const { shape } of values)
    if (shape.length !== first.length || shape.some((size, i) => i !== at && !sameDimension(size, first[i]!)))
      throw g.refuse("Concat", values, `shapes differ beyond axis ${at}`)
  const joined = addDimensions(...values.map((value) => value.shape[at]!))
  return single(g, "Concat", values, { type, shape: first.with(at, joined) }, { axis: at })
}

/** Consecutive pieces along an axis, of the lengths given. */
export const split = (
  g: GraphBuilder,
  x: Value,
  lengths: readonly Dimension[],
  axis: number,
): readonly Value[] => {
  const at = requireAxis(g, "Split", [x], axis)
  if (!sameDimension(addDimensions(...lengths), x.shape[at]!))
    throw g.refuse("Split", [x], `lengths ${lengths.join(", ")} do not add up to ${x.shape[at]}`)
  const outputs = lengths.map((length) => ({ type: x.type, shape: x.shape.with(at, length) }))
  return g.node("Split", [x, sizes(g, lengths)], outputs, { axis: at })
}

/** Elements `from` up to, not including, `to` along an axis of known length. */
export const slice = (g: GraphBuilder, x: Value, axis: number, from: number, to: number): Value => {
  const at = requireAxis(g, "Slice", [x], axis)
  const length = x.shape[at]!
  if (typeof length !== "number" || from < 0 || to < from || to > length)
    throw g.refuse("Slice", [x], `${from} to ${to} does not lie within axis ${at}`)
  const at1 = (value: number): Value => g.constant("int64", [1], [value])
  return single(g, "Slice", [x, at1(from), at1(to), at1(at)], {
    type: x.type,
    shape: x.shape.with(at, to - from),
  })
}

/** The slices of `x` along an axis that `indices` names: `[… before axis, … indices, … after axis]`. */
export const gather = (g: GraphBuilder, x: Value, indices: Value, axis = 0): Value => {
  const at = requireAxis(g, "Gather", [x], axis)
  requireTypeOf(g, "Gather", [x, indices], indices, "int32", "int64")
  const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]
  return single(g, "Gather", [x, indices], { type: x.type, shape }, { axis: at })
}

/** `x` repeated along each axis. */
export const tile = (g: GraphBuilder, x: Value, repeats: readonly number[]): Value => {
  if (repeats.length !== x.shape.length || repeats.some((count) => !Number.isInteger(count) || count < 1))
    throw g.refuse("Tile", [x], `[${repeats.join(", ")}] are no repeats of its axes`)
  const shape = x.shape.map((size, axis) => multiplyDimensions(repeats[axis]!, size))
  return single(g, "Tile", [x, g.constant("int64", [repeats.length], repeats)], { type: x.type, shape })
}

/** `x` stretched to a shape it broadcasts to. */
export const expand = (g: GraphBuilder, x: Value, shape: readonly Dimension[]): Value => {
  const lead = shape.length - x.shape.length
  if (lead < 0 || x.shape.some((size, i) => size !== 1 && !sameDimension(size, shape[lead + i]!)))
    throw g.refuse("Expand", [x], `it does not stretch to [${shape.join(", ")}]`)
  return single(g, "Expand", [x, sizes(g, shape)], { type: x.type, shape })
}

/** A copy under another name. */
export const identity = (g: GraphBuilder, x: Value): Value =>
  single(g, "Identity", [x], { type: x.type, shape: x.shape })
