import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"
import { vectorConstant } from "./_weights.ts"

/** A norm's weights and constants. */
export interface RmsNorm {
  readonly weight: Vector
  readonly epsilon: number
  /** Added to the weight; 1 where a checkpoint stores `weight − 1`, as Gemma does. */
  readonly offset?: number
}

/** Whether norms give their deviation beside, of which their gradient is made. */
const givesDeviation = (g: GraphBuilder): boolean =>
  g.lowering.differentiated === true && g.uses("SimplifiedLayerNormalization") && g.uses("NormDeviation")

const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

/** `x / √(mean(x²) + epsilon) · weight` over the last axis, of any rank. */
export const rmsNorm = (g: GraphBuilder, x: Value, norm: RmsNorm): Value => {
  const weight = vectorConstant(g, norm.weight, norm.offset)
  if (givesDeviation(g)) return ops.normalizeRows(g, x, weight, norm.epsilon).normed
  if (g.uses("SimplifiedLayerNormalization"))
    return ops.simplifiedLayerNormalization(g, x, weight, norm.epsilon)
  const mean = ops.reduceMean(g, ops.mul(g, x, x))
  const deviation = ops.sqrt(g, ops.add(g, mean, number(g, norm.epsilon)))
  return ops.mul(g, ops.div(g, x, deviation), weight)
}

/** The residual `sum = x + skip` and its {@link rmsNorm}. */
export const skipRmsNorm = (
  g: GraphBuilder,
  x: Value,
  skip: Value,
  norm: RmsNorm,
): { readonly normed: Value; readonly sum: Value } => {
  if (g.uses("SkipSimplifiedLayerNormalization") && !givesDeviation(g)) {
    const weight = vectorConstant(g, norm.weight, norm.offset)
    return ops.skipSimplifiedLayerNormalization(g, x, skip, weight, norm.epsilon)
  }
  const sum = ops.add(g, x, skip)
  return { normed: rmsNorm(g, sum, norm), sum }
}

/** `(x − mean) / √(variance + epsilon) · weight + bias` over the last axis. */
export const layerNorm = (
  g: GraphBuilder,
  x: Value,
  norm: { readonly weight: Vector; readonly bias?: Vector; readonly epsilon: number },
): Value => {
  const weight = vectorConstant(g, norm.weight)
  const bias = norm.bias === undefined ? undefined : vectorConstant(g, norm.bias)
  if (g.uses("LayerNormalization")) return ops.layerNormalization(g, x, weight, bias, norm.epsilon)
  const shifted = ops.sub(g, x, ops.reduceMean(g, x))
  const variance = ops.reduceMean(g, ops.mul(g, shifted, shifted))
  const deviation = ops.sqrt(g, ops.add(g, variance, number(g, norm.epsilon)))
  const scaled = ops.mul(g, ops.div(g, shifted, deviation), weight)
  return bias === undefined ? scaled : ops.add(g, scaled, bias)
}
