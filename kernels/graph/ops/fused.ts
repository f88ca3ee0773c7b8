import type { GraphBuilder, ValueType } from "../builder.ts"
import type { Attribute, Value } from "../graph.ts"
import { requireAxis, requireShape, requireType, requireTypeOf, single, floats } from "./_rules.ts"
import { productShape } from "./product.ts"

/** `alpha · a · bᵀ` (or `a · b`, or `aᵀ · b` …), batches broadcast; of onnxruntime. */
export const fusedMatMul = (
  g: GraphBuilder,
  a: Value,
  b: Value,
  options: { readonly transposeA?: boolean; readonly transposeB: boolean; readonly alpha: number },
): Value => {
  const { transposeA = false, transposeB, alpha } = options
  const type = requireType(g, "FusedMatMul", [a, b], floats)
  if (a.shape.length < 2) throw g.refuse("FusedMatMul", [a, b], "it multiplies matrices")
  const turned = [...a.shape.slice(0, -2), a.shape.at(-1)!, a.shape.at(-2)!]
  const shape = productShape(g, "FusedMatMul", transposeA ? { ...a, shape: turned } : a, b, transposeB)
  const attributes = {
    ...(transposeA ? { transA: 1 } : {}),
    transB: transposeB ? 1 : 0,
    alpha: { float: alpha },
  }
  return single(g, "FusedMatMul", [a, b], { type, shape }, attributes, "com.microsoft")
}

/** How a matrix `[rows, columns]` is held in blocks along its columns. */
export interface BlockFormat {
  readonly rows: number
  readonly columns: number
  readonly bits: 4 | 8
  readonly block: number
}

/**
 * `x · Wᵀ + bias`, W held in blocks: codes `[rows, columns / block, block · bits / 8]`, scales `[rows, columns / block]`,
 * zeros likewise (8 bits) or absent. Activations are rounded to 8 bits per block (accuracy level 4): the only fast way.
 */
export const matMulNBits = (
  g: GraphBuilder,
  x: Value,
  weights: { readonly codes: Value; readonly scales: Value; readonly zeros?: Value | undefined },
  format: BlockFormat,
  bias?: Value,
): Value => {
  const op = "MatMulNBits"
  const { codes, scales, zeros } = weights
  const { rows, columns, bits, block } = format
  const inputs = [x, codes, scales, zeros, undefined, bias]
  while (inputs.at(-1) === undefined) inputs.pop()
  const type = requireType(g, op, [x, scales, bias], floats)
  requireTypeOf(g, op, inputs, codes, "uint8")
  const blocks = columns / block
  requireShape(g, op, inputs, codes, [rows, blocks, (block * bits) / 8])
  requireShape(g, op, inputs, scales, [rows, blocks])
  if (zeros !== undefined) {
    requireTypeOf(g, op, inputs, zeros, "uint8")
    requireShape(g, op, inputs, zeros, [rows, blocks])
  }
  if (bias !== undefined) requireShape(g, op, inputs, bias, [rows])
  if (x.shape.at(-1) !== columns) throw g.refuse(op, inputs, `its rows must be ${columns} wide`)
  const attributes = { N: rows, K: columns, bits, block_size: block, accuracy_level: 4 }
  return single(g, op, inputs, { type, shape: [...x.shape.slice(0, -1), rows] }, attributes, "com.microsoft")
}

/** Rows `indices` of a matrix held in blocks: codes `[rows, columns · bits / 8]`, scales `[rows, columns / block]`. */
export const gatherBlockQuantized = (
  g: GraphBuilder,
  weights: { readonly codes: Value; readonly scales: Value; readonly zeros?: Value | undefined },
  indices: Value,
  format: BlockFormat,
): Value => {
  const op = "GatherBlockQuantized"
  const { codes, scales, zeros } = weights
  const { rows, columns, bits, block } = format
  const inputs = zeros === undefined ? [codes, indices, scales] : [codes, indices, scales, zeros]
  requireTypeOf(g, op, inputs, codes, "uint8")
  requireTypeOf(g, op, inputs, indices, "int32", "int64")
  requireShape(g, op, inputs, codes, [rows, (columns * bits) / 8])
  requireShape(g, op, inputs, scales, [rows, columns / block])
  if (zeros !== undefined) requireShape(g, op, inputs, zeros, [rows, columns / block])
  const shape = [...indices.shape, columns]
  const attributes = { bits, block_size: block, gather_axis: 0, quantize_axis: 1 }
  return single(g, op, inputs, { type: scales.type, shape }, attributes, "com.microsoft")
}

/** Of the operator that onnxruntime registers in the standard's domain. */
const normalization = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  epsilon: number,
): {
  readonly inputs: readonly Value[]
  readonly outputs: readonly ValueType[]
  readonly attributes: Readonly<Record<string, Attribute>>
} => {
  const inputs = [x, scale]
  const type = requireType(g, "SimplifiedLayerNormalization", inputs, floats)
  requireAxis(g, "SimplifiedLayerNormalization", [x], -1)
  requireShape(g, "SimplifiedLayerNormalization", inputs, scale, [x.shape.at(-1)!])
  const outputs = [x.shape, [...x.shape.slice(0, -1), 1]].map((shape) => ({ type, shape }))
  return { inputs, outputs, attributes: { axis: -1, epsilon: { float: epsilon } } }
}

/** `x / √(mean(x²) + epsilon) · scale` over the last axis. */
export const simplifiedLayerNormalization = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  epsilon: number,
): Value => {
  const { inputs, outputs, attributes } = normalization(g, x, scale, epsilon)
  return g.node("SimplifiedLayerNormalization", inputs, outputs.slice(0, 1), attributes)[0]!
}

/** {@link simplifiedLayerNormalization}, and `1 / √(mean(x²) + epsilon)` of each row, with the last axis 1. */
export const normalizeRows = (
  g: GraphBuilder,
  x: Value,
  scale: Value,
  epsilon: number,
): { readonly normed: Value; readonly inverse: Value } => {
  const { inputs, outputs, attributes } = normalization(g, x, scale, epsilon)
  const [normed, inverse] = g.node("SimplifiedLayerNormalization", inputs, outputs, attributes)
  return { normed: normed!, inverse: inverse! }
}

/** The sum `x + skip` and its {@link simplifiedLayerNormalization}. */
export const skipSimplifiedLayerNormalization = (
  g: GraphBuilder,
  x: Value,
  skip: Value,
  scale: Value,
  epsilon: number,
): { readonly normed: Value; readonly sum: Value } => {
  const op = "SkipSimplifiedLayerNormalization"
  const inputs = [x, skip, scale]
  const type = requireType(g, op, inputs, floats)
  requireShape(g, op, inputs, skip, x.shape)
  requireShape(g, op, inputs, scale, [x.shape.at(-1)!])
  // Outputs 1 and 2, mean and inverse deviation, are for training; the sum is output 3.
  const output = { type, shape: x.shape }
  const attributes = { epsilon: { float: epsilon } }
  const [normed, sum] = g.node(
    op,
    inputs,
    [output, undefined, undefined, output],
    attributes,
    "com.microsoft",
  )
  return { normed: normed!, sum: sum! }
}

/** The operator wants to know the heads, of which there must be a fixed number, where only a part turns. */
const partialRotary = (x: Value, turned: number): Readonly<Record<string, number>> => ({
  rotary_embedding_dim: turned,
  num_heads: Number(x.shape[1]),
})

/**
 * Rotate `x` `[batch, heads, sequence, width]` by the table rows that `positions` `[batch, sequence]` names; the first
 * `2 · pairs` floats turn, for tables `[rows, pairs]`. Positions are not checked by every device: never beyond the table.
 */
export const rotaryEmbedding = (
  g: GraphBuilder,
  x: Value,
  positions: Value,
  tables: { readonly cos: Value; readonly sin: Value },
  interleaved: boolean,
): Value => {
  const op = "RotaryEmbedding"
  const { cos, sin } = tables
  const inputs = [x, positions, cos, sin]
  const type = requireType(g, op, [x, cos, sin], floats)
  requireTypeOf(g, op, inputs, positions, "int64")
  if (x.shape.length !== 4) throw g.refuse(op, inputs, "it rotates [batch, heads, sequence, width]")
  requireShape(g, op, inputs, positions, [x.shape[0]!, x.shape[2]!])
  requireShape(g, op, inputs, sin, cos.shape)
  const width = x.shape[3]!
  const turned = 2 * Number(cos.shape[1])
  if (cos.shape.length !== 2 || typeof width !== "number" || !(turned <= width))
    throw g.refuse(op, inputs, `tables [rows, pairs] must fit the width ${width}`)
  const attributes = { interleaved: interleaved ? 1 : 0, ...(turned < width ? partialRotary(x, turned) : {}) }
  return single(g, op, inputs, { type, shape: x.shape }, attributes, "com.microsoft")
}

/** `x · sigmoid(alpha · x)`. */
export const quickGelu = (g: GraphBuilder, x: Value, alpha: number): Value => {
  const type = requireType(g, "QuickGelu", [x], floats)
  return single(g, "QuickGelu", [x], { type, shape: x.shape }, { alpha: { float: alpha } }, "com.microsoft")
}

/**
 * `softmax(scale · q · kᵀ + mask) · v`, heads along the second axis: q `[B, heads, T, width]`, k and v
 * `[B, kvHeads, L, width]`, each of their heads for `heads / kvHeads` of q; mask `[T, L]`. Of ONNX from version 23.
 */
export const attention = (
  g: GraphBuilder,
  q: Value,
  k: Value,
  v: Value,
  mask: Value,
  scale: number,
): Value => {
  const op = "Attention"
  const inputs = [q, k, v, mask]
  const type = requireType(g, op, inputs, floats)
  const [batch, heads, rows, width] = q.shape
  const [, kvHeads, length] = k.shape
  if (
    q.shape.length !== 4 ||
    k.shape.length !== 4 ||
    typeof heads !== "number" ||
    typeof kvHeads !== "number"
  )
    throw g.refuse(op, inputs, "it takes [batch, heads, rows, width]")
  if (heads % kvHeads !== 0) throw g.refuse(op, inputs, `${heads} heads cannot share ${kvHeads}`)
  requireShape(g, op, inputs, k, [batch!, kvHeads, length!, width!])
  requireShape(g, op, inputs, v, k.shape)
  requireShape(g, op, inputs, mask, [rows!, length!])
  return single(g, op, inputs, { type, shape: q.shape }, { scale: { float: scale } })
}
