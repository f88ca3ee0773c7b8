import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import { floats, requireShape, requireType, requireTypeOf, single } from "./_rules.ts"

/** `x / scale + zero`, rounded to the nearest integer (even ones at halves) and kept within 0 to 255; one scale for all. */
export const quantizeLinear = (g: GraphBuilder, x: Value, scale: Value, zero: Value): Value => {
  const op = "QuantizeLinear"
  const inputs = [x, scale, zero]
  requireType(g, op, [x, scale], floats)
  requireTypeOf(g, op, inputs, zero, "uint8")
  for (const number of [scale, zero]) requireShape(g, op, inputs, number, [])
  return single(g, op, inputs, { type: "uint8", shape: x.shape })
}

/** `scale · (codes − zero)`: what {@link quantizeLinear} made of rows, as floats again. */
export const dequantizeLinear = (g: GraphBuilder, codes: Value, scale: Value, zero: Value): Value => {
  const op = "DequantizeLinear"
  const inputs = [codes, scale, zero]
  for (const value of [codes, zero]) requireTypeOf(g, op, inputs, value, "uint8")
  for (const number of [scale, zero]) requireShape(g, op, inputs, number, [])
  return single(g, op, inputs, { type: requireType(g, op, [scale], floats), shape: codes.shape })
}

/**
 * `scale · (codes − zero) · (weights.scales · weights.codes)`: codes `[…, M, K]` of rows, `[K, N]` of weights, one scale for
 * all rows, and one for each of N columns. The sums of integers are exact where the processor has instructions for
 * them; older ones saturate. Of onnxruntime.
 */
export const matMulIntegerToFloat = (
  g: GraphBuilder,
  x: { readonly codes: Value; readonly scale: Value; readonly zero: Value },
  weights: { readonly codes: Value; readonly scales: Value },
): Value => {
  const op = "MatMulIntegerToFloat"
  const inputs = [x.codes, weights.codes, x.scale, weights.scales, x.zero]
  requireTypeOf(g, op, inputs, x.codes, "uint8")
  requireTypeOf(g, op, inputs, x.zero, "uint8")
  requireTypeOf(g, op, inputs, weights.codes, "int8")
  const type = requireType(g, op, [x.scale, weights.scales], floats)
  for (const number of [x.scale, x.zero]) requireShape(g, op, inputs, number, [])
  const columns = x.codes.shape.at(-1)
  if (columns === undefined || x.codes.shape.length < 2 || weights.codes.shape.length !== 2)
    throw g.refuse(op, inputs, "it multiplies matrices")
  const width = weights.codes.shape[1]!
  requireShape(g, op, inputs, weights.codes, [columns, width])
  requireShape(g, op, inputs, weights.scales, [width])
  const shape = [...x.codes.shape.slice(0, -1), width]
  return single(g, op, inputs, { type, shape }, {}, "com.microsoft")
}
