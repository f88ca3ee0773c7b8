import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/** Rows shorter than this are searched through; longer ones by the maxima of their blocks. */
const longRow = 4096
const [leastBlock, mostBlock] = [32, 256]

/** The length of equal blocks that a row falls into, where searching their maxima first saves time. */
const blockLength = (width: number, count: number): number | undefined => {
  if (width < longRow) return undefined
  for (let length = mostBlock; length >= leastBlock; length--)
    if (width % length === 0 && width / length > count) return length
  return undefined
}

/**
 * The `count` largest of each row `[R, V]`, largest first, the lower place first among equals, and their places. In long
 * rows the largest lie in the `count` blocks of the largest maxima, one cheap pass; only those are searched through.
 */
const largest = (
  g: GraphBuilder,
  rows: Value,
  count: number,
): { readonly values: Value; readonly places: Value } => {
  const [height, width] = rows.shape as [string | number, number]
  const length = blockLength(width, count)
  if (length === undefined) return ops.topK(g, rows, count)
  const blocks = ops.reshape(g, rows, [height, width / length, length])
  const found = ops.topK(g, ops.reduceMax(g, blocks, [-1], false), count).places
  // In their order in the row, so that of equal values the first one found has the lowest place.
  const descending = ops.neg(g, ops.cast(g, found, "float32"))
  const inOrder = ops.cast(g, ops.neg(g, ops.topK(g, descending, count).values), "int64")
  const chosen = ops.reshape(g, inOrder, [height, count, 1])
  const values = ops.gatherElements(g, blocks, ops.expand(g, chosen, [height, count, length]), 1)
  const within = g.constant(
    "int64",
    [1, 1, length],
    Array.from({ length }, (_, i) => i),
  )
  const places = ops.add(g, ops.mul(g, chosen, g.constant("int64", [], [length])), within)
  const best = ops.topK(g, ops.reshape(g, values, [height, count * length]), count)
  const all = ops.reshape(g, places, [height, count * length])
  return { values: best.values, places: ops.gatherElements(g, all, best.places) }
}

/** `Σ a · b` of each row, without a product in between where the device can. */
const dots = (g: GraphBuilder, a: Value, b: Value): Value => {
  if (!g.uses("FusedMatMul")) return ops.reduceSum(g, ops.mul(g, a, b))
  const [height, width] = a.shape as [string | number, number]
  const [x, y] = [a, b].map((value) => ops.reshape(g, value, [height, 1, width]))
  return ops.reshape(g, ops.fusedMatMul(g, x!, y!, { transposeB: true, alpha: 1 }), [height, 1])
}

/**
 * The greatest logit of each row `[R, V]`: `[R, 3]` floats, its token, the lowest at ties; the logit; and a number that is
 * NaN where a logit is. At least one row: onnxruntime's TopK ends the process where there is none.
 */
export const argmaxRows = (g: GraphBuilder, logits: Value): Value => {
  const { values, places } = ops.topK(g, logits, 1)
  // The sum keeps NaN, which TopK may pass over.
  return ops.concat(g, [ops.cast(g, places, "float32"), values, ops.reduceSum(g, logits)], 1)
}

/**
 * What is left of each row of logits `[R, V]` where nobody wants all of it: `readout` `[R, 2k + 2 + N]` floats,
 *
 * - the tokens of the `k` greatest logits, greatest first, the lowest token first at ties,
 * - those logits `l₁ ≥ … ≥ l_k`,
 * - with `y = min(l, l_k)` for every logit: the share of the greatest, `1 / Σ exp(y − l_k)`, and the mean
 *   `Σ y exp(y − l_k) / Σ exp(y − l_k)`,
 * - the logits of the tokens named for the row, `tokens` int64 `[R, N]`;
 *
 * and what {@link argmaxRows} gives, of the same search. At least one row.
 *
 * Logits are cut off at `l_k` before they are summed, so that a float32 holds what the others weigh however little it is
 * beside the first: a confidence near 1 keeps its distance from 1.
 */
export const readoutRows = (
  g: GraphBuilder,
  logits: Value,
  k: number,
  tokens: Value,
): { readonly readout: Value; readonly argmax: Value } => {
  const { values, places } = largest(g, logits, k)
  const column = (x: Value, at: number): Value => ops.slice(g, x, 1, at, at + 1)
  const cut = ops.min(g, column(values, k - 1), logits)
  const shares = ops.softmax(g, cut)
  const first = ops.gatherElements(g, shares, column(places, 0))
  const mean = dots(g, shares, cut)
  const ids = ops.cast(g, places, "float32")
  const named = ops.gatherElements(g, logits, tokens)
  return {
    readout: ops.concat(g, [ids, values, first, mean, named], 1),
    argmax: ops.concat(g, [column(ids, 0), column(values, 0), mean], 1),
  }
}
