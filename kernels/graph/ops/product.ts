import type { GraphBuilder } from "../builder.ts"
import { sameDimension } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import { broadcast, requireAxis, requireShape, requireType, single, floats } from "./_rules.ts"

/** The shape of a batched product `[…, M, K] · […, K, N]`. */
export const productShape = (
  g: GraphBuilder,
  op: string,
  a: Value,
  b: Value,
  transposeB = false,
): readonly Dimension[] => {
  if (a.shape.length < 2 || b.shape.length < 2) throw g.refuse(op, [a, b], "it multiplies matrices")
  const [inner, columns] = transposeB
    ? [b.shape.at(-1)!, b.shape.at(-2)!]
    : [b.shape.at(-2)!, b.shape.at(-1)!]
  if (!sameDimension(a.shape.at(-1)!, inner))
    throw g.refuse(op, [a, b], `inner dimensions ${a.shape.at(-1)} and ${inner} differ`)
  const batch = broadcast(g, op, [a, b], [a.shape.slice(0, -2), b.shape.slice(0, -2)])
  return [...batch, a.shape.at(-2)!, columns]
}

/** `[…, M, K] · […, K, N]`, batches broadcast. */
export const matMul = (g: GraphBuilder, a: Value, b: Value): Value => {
  const type = requireType(g, "MatMul", [a, b], floats)
  return single(g, "MatMul", [a, b], { type, shape: productShape(g, "MatMul", a, b) })
}

/** Which operand of {@link gemm} is turned round. */
export interface GemmOptions {
  readonly transposeX?: boolean
  readonly transposeW?: boolean
}

/**
 * `x · wᵀ + bias` for `x` `[M, K]`, `w` `[N, K]`, `bias` `[N]` or `[M, N]`: a linear layer with its weights as files hold
 * them. By the options also `xᵀ · w` for `x` `[K, M]`, `w` `[K, N]`, and so on.
 */
export const gemm = (
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias?: Value,
  { transposeX = false, transposeW = true }: GemmOptions = {},
): Value => {
  const inputs = bias === undefined ? [x, w] : [x, w, bias]
  const type = requireType(g, "Gemm", inputs, floats)
  if (x.shape.length !== 2 || w.shape.length !== 2)
    throw g.refuse("Gemm", inputs, "it multiplies two matrices")
  const turned = transposeX ? { ...x, shape: x.shape.toReversed() } : x
  const shape = productShape(g, "Gemm", turned, w, transposeW)
  if (bias !== undefined) requireShape(g, "Gemm", inputs, bias, bias.shape.length === 1 ? [shape[1]!] : shape)
  const attributes = { ...(transposeX ? { transA: 1 } : {}), ...(transposeW ? { transB: 1 } : {}) }
  return single(g, "Gemm", inputs, { type, shape }, attributes)
}

/** Exponentials that add up to 1 along the last axis. */
export const softmax = (g: GraphBuilder, x: Value): Value => {
  const type = requireType(g, "Softmax", [x], floats)
  requireAxis(g, "Softmax", [x], -1)
  return single(g, "Softmax", [x], { type, shape: x.shape }, { axis: -1 })
}

/** The logarithm of {@link softmax}, exact where the softmax itself would round to 0. */
export const logSoftmax = (g: GraphBuilder, x: Value): Value => {
  const type = requireType(g, "LogSoftmax", [x], floats)
  requireAxis(g, "LogSoftmax", [x], -1)
  return single(g, "LogSoftmax", [x], { type, shape: x.shape }, { axis: -1 })
}

type Reduction = (g: GraphBuilder, x: Value, axes?: readonly number[], keep?: boolean) => Value

const reduction =
  (op: string): Reduction =>
  (g, x, axes = [-1], keep = true) => {
    const type = requireType(g, op, [x], floats)
    const front = axes.map((axis) => requireAxis(g, op, [x], axis))
    const reduced = x.shape.map((size, axis) => (front.includes(axis) ? 1 : size))
    const shape = keep ? reduced : x.shape.filter((_, axis) => !front.includes(axis))
    const inputs = [x, g.constant("int64", [front.length], front)]
    return single(g, op, inputs, { type, shape }, { keepdims: keep ? 1 : 0 })
  }

/** Reductions keep the axes they reduce, with length 1, unless told not to; the last one by default. */
export const reduceMean: Reduction = reduction("ReduceMean")
export const reduceSum: Reduction = reduction("ReduceSum")
export const reduceSumSquare: Reduction = reduction("ReduceSumSquare")
export const reduceMax: Reduction = reduction("ReduceMax")

/** Cumulative sums along the last axis. */
export const cumSum = (g: GraphBuilder, x: Value): Value => {
  const type = requireType(g, "CumSum", [x], floats)
  const axis = requireAxis(g, "CumSum", [x], -1)
  return single(g, "CumSum", [x, g.constant("int64", [], [axis])], { type, shape: x.shape })
}

/** `(x − mean) / √(variance + epsilon) · scale + bias` over the last axis. */
export const layerNormalization = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  bias: Value | undefined,
  epsilon: number,
): Value => {
  const op = "LayerNormalization"
  const inputs = bias === undefined ? [x, scale] : [x, scale, bias]
  const type = requireType(g, op, inputs, floats)
  requireAxis(g, op, [x], -1)
  for (const weight of inputs.slice(1)) requireShape(g, op, inputs, weight, [x.shape.at(-1)!])
  return single(g, op, inputs, { type, shape: x.shape }, { axis: -1, epsilon: { float: epsilon } })
}
