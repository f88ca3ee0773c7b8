import { customGradient } from "../autodiff/custom-gradient.ts"
import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { softcap } from "./activation.ts"
import { rmsNorm } from "./norm.ts"
import type { RmsNorm } from "./norm.ts"
import { rotary } from "./rotary.ts"
import type { RotaryTables } from "./rotary.ts"
import { joinSequenceHeads, splitHeads } from "./_sequence-heads.ts"
import type { KnownSequences } from "./_sequence-heads.ts"
import { turnsHeads } from "./_turn-heads.ts"

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
  /** `[kvHeads, C, headDim]`; neither where rows see only one another. */
  readonly pastKey?: Value | undefined
  readonly pastValue?: Value | undefined
  /**
   * Added to the scores, `[T, C+T]`: 0 where a row sees a column, very negative (or −∞) where it does not. Without a
   * past also `[B, L, L]` for `T = B·L`: `B` sequences one after another, of which none sees another.
   */
  readonly mask: Value
  /** int64 `[T]`; rows of the rotary tables. */
  readonly positions: Value
}

export interface AttentionOutputs {
  /** `[T, kvHeads · groups · headDim]`, heads in order. */
  readonly output: Value
  /** `[kvHeads, T, headDim]`: what the new rows add to the cache; `[B·kvHeads, L, headDim]` of several sequences. */
  readonly newKey: Value
  readonly newValue: Value
}

/** How many sequences the rows are, and how long; one of all rows where the mask does not say. */
const sequencesOf = ({ qkv, mask }: AttentionInputs): readonly [count: Dimension, length: Dimension] =>
  mask.shape.length === 3 ? [mask.shape[0]!, mask.shape[1]!] : [1, qkv.shape[0]!]

/** Several sequences where their number and length are known: their heads are moved as rows and turned by themselves. */
const knownSequences = (
  g: GraphBuilder,
  inputs: AttentionInputs,
  { rotary: tables }: AttentionShape,
): KnownSequences | undefined => {
  if (inputs.mask.shape.length !== 3 || g.lowering.kind === "exact") return undefined
  const [count, length] = sequencesOf(inputs)
  if (typeof count !== "number" || typeof length !== "number") return undefined
  return tables === undefined || turnsHeads(g, tables, length) ? { count, length } : undefined
}

/** Queries `[B·kvHeads, groups · L, headDim]`, keys and values `[B·kvHeads, L, headDim]`, normed and turned. */
const arrange = (g: GraphBuilder, inputs: AttentionInputs, shape: AttentionShape): readonly Value[] => {
  const { qkv, positions } = inputs
  const { kvHeads, groups, headDim, queryNorm, keyNorm } = shape
  const [count, length] = sequencesOf(inputs)
  let packed = ops.reshape(g, qkv, [qkv.shape[0]!, kvHeads, groups + 2, headDim])
  if (queryNorm !== undefined || keyNorm !== undefined) {
    const [query, key, value] = ops.split(g, packed, [groups, 1, 1], 2)
    const normed = (x: Value, norm: RmsNorm | undefined): Value =>
      norm === undefined ? x : rmsNorm(g, x, norm)
    packed = ops.concat(g, [normed(query!, queryNorm), normed(key!, keyNorm), value!], 2)
  }
  if (shape.rotary !== undefined) packed = rotary(g, packed, positions, shape.rotary, groups + 1)
  const byHead =
    count === 1
      ? ops.transpose(g, packed, [1, 2, 0, 3])
      : ops.transpose(
          g,
          ops.reshape(g, packed, [count, length, kvHeads, groups + 2, headDim]),
          [0, 2, 3, 1, 4],
        )
  const heads = multiplyDimensions(count, kvHeads)
  const stacked = ops.reshape(g, byHead, [heads, multiplyDimensions(groups + 2, length), headDim])
  return ops.split(g, stacked, [multiplyDimensions(groups, length), length, length], 1)
}

/** `alpha · op(a) · op(b)`, in one operator where the device has it. */
const scaled = (
  g: GraphBuilder,
  a: Value,
  b: Value,
  options: { readonly transposeA?: boolean; readonly transposeB: boolean; readonly alpha: number },
): Value => {
  if (g.uses("FusedMatMul")) return ops.fusedMatMul(g, a, b, options)
  const turned = (x: Value, turn: boolean): Value => (turn ? ops.transpose(g, x, [0, 2, 1]) : x)
  const result = ops.matMul(g, turned(a, options.transposeA === true), turned(b, options.transposeB))
  return options.alpha === 1 ? result : ops.mul(g, result, g.constant("float32", [], [options.alpha]))
}

/**
 * Mixed values with the gradient written out: the softmax needs the sum of `dP ∘ P` over columns, which is that of
 * `dO ∘ O` over the head (Dao et al. 2022), so scores are passed over twice instead of six times.
 */
const withShortGradient = (
  g: GraphBuilder,
  core: Readonly<Record<"query" | "key" | "value" | "share" | "mixed", Value>>,
  scale: number,
): Value =>
  customGradient(g, {
    inputs: [core.query, core.key, core.value],
    output: core.mixed,
    saved: [core.share],
    backward: ({ g: b, gradient, output, inputs: [query, key, value], saved: [share] }) => {
      const sum = ops.reduceSum(b, ops.mul(b, gradient, output))
      const ofShare = scaled(b, gradient, value!, { transposeB: true, alpha: 1 })
      const ofScores = ops.mul(b, ops.sub(b, ofShare, sum), share!)
      return [
        scaled(b, ofScores, key!, { transposeB: false, alpha: scale }),
        scaled(b, ofScores, query!, { transposeA: true, transposeB: false, alpha: scale }),
        scaled(b, share!, gradient, { transposeA: true, transposeB: false, alpha: 1 }),
      ]
    },
  })

const weights = (g: GraphBuilder, scores: Value, mask: Value, shape: AttentionShape): Value => {
  const capped = shape.softcap === undefined ? scores : softcap(g, scores, shape.softcap)
  if (mask.shape.length === 3) {
    const [count, length, columns] = mask.shape as [Dimension, Dimension, Dimension]
    const byMask = ops.reshape(g, capped, [count, shape.kvHeads * shape.groups, length, columns])
    const shared = g.memo(`shared ${mask.name}`, () => ops.reshape(g, mask, [count, 1, length, columns]))
    return ops.reshape(g, ops.softmax(g, ops.add(g, byMask, shared)), scores.shape)
  }
  const tiled =
    shape.groups === 1
      ? mask
      : g.memo(`tiled ${mask.name} ${shape.groups}`, () => ops.tile(g, mask, [shape.groups, 1]))
  return ops.softmax(g, ops.add(g, capped, tiled))
}

/** Heads one after another in each row: `[T, kvHeads · groups · headDim]`. */
const joinHeads = (
  g: GraphBuilder,
  mixed: Value,
  inputs: AttentionInputs,
  { kvHeads, groups, headDim }: AttentionShape,
): Value => {
  const [count, length] = sequencesOf(inputs)
  const heads =
    count === 1
      ? ops.transpose(g, ops.reshape(g, mixed, [kvHeads, groups, length, headDim]), [2, 0, 1, 3])
      : ops.transpose(g, ops.reshape(g, mixed, [count, kvHeads, groups, length, headDim]), [0, 3, 1, 2, 4])
  return ops.reshape(g, heads, [inputs.qkv.shape[0]!, kvHeads * groups * headDim])
}

interface Parts {
  readonly query: Value
  readonly newKey: Value
  readonly newValue: Value
  readonly pastKey: Value
  readonly pastValue: Value
  readonly mask: Value
}

/** Scores over past and new rows apart, so that nothing of the past is copied. */
const mixApart = (g: GraphBuilder, parts: Parts, shape: AttentionShape): Value => {
  const { query, newKey, newValue, pastKey, pastValue, mask } = parts
  const scores = ops.concat(
    g,
    [pastKey, newKey].map((key) => scaled(g, query, key, { transposeB: true, alpha: shape.scale })),
    2,
  )
  const lengths = [pastKey.shape[1]!, newKey.shape[1]!]
  const [old, fresh] = ops.split(g, weights(g, scores, mask, shape), lengths, 2)
  return ops.add(g, ops.matMul(g, old!, pastValue), ops.matMul(g, fresh!, newValue))
}

/** Keys and values copied together, which many rows repay: their scores are then passed over half as often. */
const mixJoined = (
  g: GraphBuilder,
  parts: Parts,
  { kvHeads, groups, headDim, scale }: AttentionShape,
): Value => {
  const { query, newKey, newValue, pastKey, pastValue, mask } = parts
  const [rows, columns] = mask.shape as [Dimension, Dimension]
  const heads = (x: Value, count: number, length: Dimension): Value =>
    ops.reshape(g, x, [1, count, length, headDim])
  const joined = (past: Value, fresh: Value): Value =>
    heads(ops.concat(g, [past, fresh], 1), kvHeads, columns)
  const key = joined(pastKey, newKey)
  const value = joined(pastValue, newValue)
  const mixed = ops.attention(g, heads(query, kvHeads * groups, rows), key, value, mask, scale)
  return ops.reshape(g, mixed, query.shape)
}

/** Rows from which on joining pays; measured for 3 heads of width 64 with 3 queries each, at 128 and 1,024 columns. */
const MANY_ROWS = 16

const areMany = (g: GraphBuilder, newRows: Dimension): Value =>
  g.memo(`${newRows} rows are many`, () =>
    ops.greater(g, ops.sizes(g, [newRows]), g.constant("int64", [1], [MANY_ROWS])),
  )

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
  const { scale } = shape
  const { pastKey, pastValue, mask } = inputs
  const known = knownSequences(g, inputs, shape)
  const [query, newKey, newValue] = (
    known === undefined
      ? arrange(g, inputs, shape)
      : splitHeads(g, inputs.qkv, inputs.positions, shape, known)
  ) as [Value, Value, Value]
  const joined = (past: Value | undefined, fresh: Value): Value =>
    past === undefined ? fresh : ops.concat(g, [past, fresh], 1)
  let mixed: Value
  if (pastKey === undefined || pastValue === undefined || g.lowering.kind === "exact") {
    const [key, value] = [joined(pastKey, newKey), joined(pastValue, newValue)]
    const share = weights(g, scaled(g, query, key, { transposeB: true, alpha: scale }), mask, shape)
    const plain = ops.matMul(g, share, value)
    const short = pastKey === undefined && shape.softcap === undefined
    mixed = short ? withShortGradient(g, { query, key, value, share, mixed: plain }, scale) : plain
  } else {
    const parts = { query, newKey, newValue, pastKey, pastValue, mask }
    const apart = (): Value => mixApart(g, parts, shape)
    const isFused = g.uses("Attention") && g.uses("If") && shape.softcap === undefined
    mixed = g.within("mix", () =>
      isFused ? g.either(areMany(g, inputs.qkv.shape[0]!), () => mixJoined(g, parts, shape), apart) : apart(),
    )
  }
  const output =
    known === undefined ? joinHeads(g, mixed, inputs, shape) : joinSequenceHeads(g, mixed, shape, known)
  return { output, newKey, newValue }
}
