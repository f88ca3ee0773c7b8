import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import type { AttentionShape } from "./attention.ts"
import { permuteRows } from "./_permute-rows.ts"
import { rmsNorm } from "./norm.ts"
import { turnHeads } from "./_turn-heads.ts"

/** `B` sequences of `L` rows one after another, both known when the graph is built. */
export interface KnownSequences {
  readonly count: number
  readonly length: number
}

/** Where rows `[B, L, kvHeads · (groups + 2)]` come from: all queries `[B, kvHeads, groups, L]`, then all keys, then all values. */
const headRows = (
  { count, length }: KnownSequences,
  { kvHeads, groups }: AttentionShape,
): Int32Array<ArrayBuffer> => {
  const rows = new Int32Array(count * length * kvHeads * (groups + 2))
  let place = 0
  for (const [from, to] of [
    [0, groups],
    [groups, groups + 1],
    [groups + 1, groups + 2],
  ] as const)
    for (let sequence = 0; sequence < count; sequence++)
      for (let head = 0; head < kvHeads; head++)
        for (let part = from; part < to; part++)
          for (let row = 0; row < length; row++)
            rows[place++] = ((sequence * length + row) * kvHeads + head) * (groups + 2) + part
  return rows
}

/**
 * Queries `[B·kvHeads, groups · L, headDim]`, keys and values `[B·kvHeads, L, headDim]` of rows `qkv`
 * `[B·L, kvHeads · (groups + 2) · headDim]`, normed and turned.
 */
export const splitHeads = (
  g: GraphBuilder,
  qkv: Value,
  positions: Value,
  shape: AttentionShape,
  sequences: KnownSequences,
): readonly [query: Value, key: Value, value: Value] => {
  const { kvHeads, groups, headDim, queryNorm, keyNorm, rotary } = shape
  const { count, length } = sequences
  const heads = count * kvHeads
  const total = heads * length * (groups + 2)
  const rows = permuteRows(g, ops.reshape(g, qkv, [total, headDim]), {
    identity: `heads of ${count} ${length} ${kvHeads} ${groups}`,
    count: total,
    rows: () => headRows(sequences, shape),
  })
  const [query, key, value] = ops.split(g, rows, [heads * groups * length, heads * length, heads * length], 0)
  const finished = (x: Value, each: number, norm: typeof queryNorm): Value => {
    const normed = norm === undefined ? x : rmsNorm(g, x, norm)
    const byHead = ops.reshape(g, normed, [count, kvHeads * each, length, headDim])
    const turned =
      rotary === undefined ? byHead : turnHeads(g, byHead, ops.reshape(g, positions, [count, length]), rotary)
    return ops.reshape(g, turned, [heads, each * length, headDim])
  }
  return [
    finished(query!, groups, queryNorm),
    finished(key!, 1, keyNorm),
    ops.reshape(g, value!, [heads, length, headDim]),
  ]
}

/** Heads `[B·kvHeads, groups · L, headDim]` one after another in each row: `[B·L, kvHeads · groups · headDim]`. */
export const joinSequenceHeads = (
  g: GraphBuilder,
  mixed: Value,
  { kvHeads, groups, headDim }: AttentionShape,
  { count, length }: KnownSequences,
): Value => {
  const heads = kvHeads * groups
  const total = count * heads * length
  const rows = permuteRows(g, ops.reshape(g, mixed, [total, headDim]), {
    identity: `rows of ${count} ${length} ${heads}`,
    count: total,
    rows: () =>
      Int32Array.from({ length: total }, (_, i) => {
        const [row, head] = [Math.floor(i / heads), i % heads]
        return (Math.floor(row / length) * heads + head) * length + (row % length)
      }),
  })
  return ops.reshape(g, rows, [count * length, heads * headDim])
}
