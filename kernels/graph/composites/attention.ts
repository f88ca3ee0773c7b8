import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions } from "../dimension.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { softcap } from "./activation.ts"
import { rmsNorm } from "./norm.ts"
import type { RmsNorm } from "./norm.ts"
import { rotary } from "./rotary.ts"
import type { RotaryTables } from "./rotary.ts"

/** Grouped-query attention of `kvHeads · groups` query heads over `kvHeads` key and value heads. */
export interface AttentionShape {
  readonly kvHeads: number
  /** Query heads per key/value head. */
  readonly groups: number
  readonly headDim: number
  /** Scores are multiplied by it; usually `1 / √headDim`. */
  readonly scale: number
  readonly rotary?: RotaryTables | undefined
  /** Norms over each query and key head, before rotation. */
  readonly queryNorm?: RmsNorm | undefined
  readonly keyNorm?: RmsNorm | undefined
  /** Scores are kept within ± softcap. */
  readonly softcap?: number | undefined
}

export interface AttentionInputs {
  /** `[T, kvHeads · (groups + 2) · headDim]`: per key/value head its queries, then its key, then its value. */
  readonly qkv: Value
  /** `[kvHeads, C, headDim]`. */
  readonly pastKey: Value
  readonly pastValue: Value
  /** Added to the scores, `[T, C+T]`: 0 where a row sees a column, very negative (or −∞) where it does not. */
  readonly mask: Value
  /** int64 `[T]`; rows of the rotary tables. */
  readonly positions: Value
}

export interface AttentionOutputs {
  /** `[T, kvHeads · groups · headDim]`, heads in order. */
  readonly output: Value
  /** `[kvHeads, T, headDim]`: what the new rows add to the cache. */
  readonly newKey: Value
  readonly newValue: Value
}

/** Queries `[kvHeads, groups · T, headDim]`, keys and values `[kvHeads, T, headDim]`, normed and turned. */
const arrange = (
  g: GraphBuilder,
  { qkv, positions }: AttentionInputs,
  shape: AttentionShape,
): readonly Value[] => {
  const { kvHeads, groups, headDim, queryNorm, keyNorm } = shape
  const rows = qkv.shape[0]!
  let packed = ops.reshape(g, qkv, [rows, kvHeads, groups + 2, headDim])
  if (queryNorm !== undefined || keyNorm !== undefined) {
    const [query, key, value] = ops.split(g, packed, [groups, 1, 1], 2)
    const normed = (x: Value, norm: RmsNorm | undefined): Value =>
      norm === undefined ? x : rmsNorm(g, x, norm)
    packed = ops.concat(g, [normed(query!, queryNorm), normed(key!, keyNorm), value!], 2)
  }
  if (shape.rotary !== undefined) packed = rotary(g, packed, positions, shape.rotary, groups + 1)
  const byHead = ops.transpose(g, packed, [1, 2, 0, 3])
  const stacked = ops.reshape(g, byHead, [kvHeads, multiplyDimensions(groups + 2, rows), headDim])
  return ops.split(g, stacked, [multiplyDimensions(groups, rows), rows, rows], 1)
}

const product = (g: GraphBuilder, query: Value, key: Value, scale: number): Value => {
  if (g.uses("FusedMatMul")) return ops.fusedMatMul(g, query, key, { transposeB: true, alpha: scale })
  const scores = ops.matMul(g, query, ops.transpose(g, key, [0, 2, 1]))
  return ops.mul(g, scores, g.constant("float32", [], [scale]))
}

const weights = (g: GraphBuilder, scores: Value, mask: Value, shape: AttentionShape): Value => {
  const capped = shape.softcap === undefined ? scores : softcap(g, scores, shape.softcap)
  const tiled =
    shape.groups === 1
      ? mask
      : g.memo(`tiled ${mask.name} ${shape.groups}`, () => ops.tile(g, mask, [shape.groups, 1]))
  return ops.softmax(g, ops.add(g, capped, tiled))
}

/**
 * Attention of `T` new rows over `C` rows of the past and themselves; who sees whom is the mask alone, so causal, tree
 * and bidirectional are one graph. Nothing of the past is copied (fused), or one sum runs over all columns in their
 * order (exact), which makes a row's result independent of which columns are past and which are new.
 */
export const attention = (
  g: GraphBuilder,
  inputs: AttentionInputs,
  shape: AttentionShape,
): AttentionOutputs => {
  const { kvHeads, groups, headDim, scale } = shape
  const { pastKey, pastValue, mask } = inputs
  const [query, newKey, newValue] = arrange(g, inputs, shape) as [Value, Value, Value]
  const rows = inputs.qkv.shape[0]!
  let mixed: Value
  if (g.lowering.kind === "exact") {
    const scores = product(g, query, ops.concat(g, [pastKey, newKey], 1), scale)
    mixed = ops.matMul(g, weights(g, scores, mask, shape), ops.concat(g, [pastValue, newValue], 1))
  } else {
    const scores = ops.concat(g, [product(g, query, pastKey, scale), product(g, query, newKey, scale)], 2)
    const [old, fresh] = ops.split(g, weights(g, scores, mask, shape), [pastKey.shape[1]!, rows], 2)
    mixed = ops.add(g, ops.matMul(g, old!, pastValue), ops.matMul(g, fresh!, newValue))
  }
  const heads = ops.transpose(g, ops.reshape(g, mixed, [kvHeads, groups, rows, headDim]), [2, 0, 1, 3])
  return { output: ops.reshape(g, heads, [rows, kvHeads * groups * headDim]), newKey, newValue }
}
