import type { GraphBuilder } from "../builder.ts"
import type { Dimension, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { drawnRows, nothing } from "./drawn.ts"
import { logSums } from "./_log-sums.ts"

/** Rows shorter than this are searched through; longer ones by the maxima of their blocks. */
const longRow = 4096
const [leastBlock, mostBlock] = [32, 512]

/** The length of equal blocks that a row falls into, where searching their maxima first saves time. */
const blockLength = (width: number, count: number): number | undefined => {
  if (width < longRow) return undefined
  for (let length = mostBlock; length >= leastBlock; length--)
    if (width % length === 0 && width / length > count) return length
  return undefined
}

/** The `count` largest of each row, largest first, the lower place first among equals, and their places. */
interface Largest {
  readonly values: Value
  /** int64, or float32 where rows are searched by blocks. */
  readonly places: Value
  /** Where rows are searched by blocks. */
  readonly blocks?: Blocks
}

/** The blocks that rows `[R, V]` fall into. */
interface Blocks {
  /** `[R, blocks, length]`. */
  readonly all: Value
  /** The maximum of each, `[R, blocks]`. */
  readonly maxima: Value
  /** The places and values of the `count` largest maxima, `[R, count]`. */
  readonly found: { readonly places: Value; readonly values: Value }
  /** What is in the blocks that hold them, `[R, count · length]`. */
  readonly within: Value
}

/**
 * In long rows the largest lie in the `count` blocks of the largest maxima, one cheap pass; only those are searched
 * through. Each operator costs some microseconds beside its work, so there are few.
 */
const largest = (g: GraphBuilder, rows: Value, count: number): Largest => {
  const [height, width] = rows.shape as [string | number, number]
  const length = blockLength(width, count)
  if (length === undefined) return ops.topK(g, rows, count)
  const all = ops.reshape(g, rows, [height, width / length, length])
  const maxima = ops.reduceMax(g, all, [-1], false)
  const found = ops.topK(g, maxima, count)
  // In their order in the row, so that of equal values the first one found has the lowest place.
  const chosen = ops.topK(g, ops.cast(g, found.places, "float32"), count, "smallest").values
  const slices = ops.gatherND(g, all, ops.cast(g, chosen, "int64"))
  const within = ops.reshape(g, slices, [height, count * length])
  const best = ops.topK(g, within, count)
  // Floats hold every place below 2^24.
  const starts = ops.mul(g, chosen, g.constant("float32", [], [length]))
  const inBlock = g.constant(
    "float32",
    [1, 1, length],
    Array.from({ length }, (_, i) => i),
  )
  const placed = ops.add(g, ops.reshape(g, starts, [height, count, 1]), inBlock)
  const places = ops.gatherElements(g, ops.reshape(g, placed, [height, count * length]), best.places)
  return { values: best.values, places, blocks: { all, maxima, found, within } }
}

/** `Σ a · b` along the last axis, which stays with length 1. */
const dots = (g: GraphBuilder, a: Value, b: Value): Value => ops.reduceSum(g, ops.mul(g, a, b))

/** The same of many long rows, `[rows, 1]` or another shape of as many: without a product in between where the device can. */
const longDots = (g: GraphBuilder, a: Value, b: Value, shape: readonly Dimension[]): Value => {
  if (!g.uses("FusedMatMul")) return ops.reshape(g, dots(g, a, b), shape)
  const [front, width] = [a.shape.slice(0, -1), a.shape.at(-1)!]
  const [x, y] = [a, b].map((value) => ops.reshape(g, value, [...front, 1, width]))
  return ops.reshape(g, ops.fusedMatMul(g, x!, y!, { transposeB: true, alpha: 1 }), shape)
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

/** Of rows of logits cut off at their `k`-th greatest: what they weigh beside it, and the sum of each by its weight. */
interface Sums {
  /** `1 / Σ exp(y − l_k)`. */
  readonly share: Value
  /** `Σ y exp(y − l_k) / Σ exp(y − l_k)`. */
  readonly mean?: Value
  /** `log Σ exp(l)` of each block, `[R, blocks]`. */
  readonly weights?: Value
}

/** By blocks: one softmax of short rows, and no copy of the logits. */
const sumsByBlocks = (
  g: GraphBuilder,
  { all, maxima, found, within }: Blocks,
  least: Value,
  withMean: boolean,
): Sums => {
  const shares = withMean ? ops.softmax(g, all) : undefined
  const weights =
    shares === undefined
      ? logSums(g, all)
      : ops.sub(g, maxima, ops.log(g, ops.reduceMax(g, shares, [-1], false)))
  // The blocks that hold the largest are weighed by what is in them.
  const beyond = ops.scatterElements(
    g,
    weights,
    found.places,
    ops.min(g, found.values, g.constant("float32", [], [nothing])),
  )
  const blocks = ops.exp(g, ops.sub(g, beyond, least))
  const cut = ops.min(g, within, least)
  const inBlocks = ops.exp(g, ops.sub(g, cut, least))
  const total = ops.add(g, ops.reduceSum(g, blocks), ops.reduceSum(g, inBlocks))
  const share = ops.div(g, g.constant("float32", [], [1]), total)
  if (shares === undefined) return { share, weights }
  const means = longDots(g, shares, all, maxima.shape)
  const mean = ops.mul(g, share, ops.add(g, dots(g, blocks, means), dots(g, inBlocks, cut)))
  return { share, weights, mean }
}

/** The same of whole rows. */
const sumsOfRows = (
  g: GraphBuilder,
  logits: Value,
  { values, places }: Largest,
  least: Value,
  withMean: boolean,
): Sums => {
  // The greatest cut off where they stand: a copy takes less than a minimum of all.
  const cut = ops.scatterElements(g, logits, places, ops.sub(g, least, values))
  const shares = ops.softmax(g, cut)
  const share = ops.gatherElements(g, shares, ops.slice(g, places, 1, 0, 1))
  return withMean ? { share, mean: longDots(g, shares, cut, share.shape) } : { share }
}

/**
 * What is left of each row of logits `[R, V]` where nobody wants all of it: `readout` `[R, 2k + 1 + N]` floats,
 *
 * - the tokens of the `k` greatest logits, greatest first, the lowest token first at ties,
 * - those logits `l₁ ≥ … ≥ l_k`,
 * - with `y = min(l, l_k)` for every logit, the share of the greatest, `1 / Σ exp(y − l_k)`,
 * - the logits of the tokens named for the row, `tokens` int64 `[R, N]`;
 *
 * `entropy`, where `withEntropy`, which takes more: the same with the mean `Σ y exp(y − l_k) / Σ exp(y − l_k)` behind the share;
 * what {@link argmaxRows} gives, of the same search; and where `draws` says how, what {@link drawnRows} gives. At least one row.
 *
 * Logits are cut off at `l_k` before they are summed, so that a float32 holds what the others weigh however little it is
 * beside the first: a confidence near 1 keeps its distance from 1.
 */
export const readoutRows = (
  g: GraphBuilder,
  logits: Value,
  k: number,
  tokens: Value,
  withEntropy: boolean,
  draws?: Value,
  without?: number,
): { readonly readout: Value; readonly entropy?: Value; readonly argmax: Value; readonly drawn?: Value } => {
  const top = largest(g, logits, k)
  const { values, places, blocks } = top
  const column = (x: Value, at: number): Value => ops.slice(g, x, 1, at, at + 1)
  const least = column(values, k - 1)
  const { share, mean, weights } =
    blocks === undefined
      ? sumsOfRows(g, logits, top, least, withEntropy)
      : sumsByBlocks(g, blocks, least, withEntropy)
  const ids = places.type === "float32" ? places : ops.cast(g, places, "float32")
  const named = ops.gatherElements(g, logits, tokens)
  return {
    readout: ops.concat(g, [ids, values, share, named], 1),
    ...(mean === undefined ? {} : { entropy: ops.concat(g, [ids, values, share, mean, named], 1) }),
    argmax: ops.concat(g, [column(ids, 0), column(values, 0), mean ?? share], 1),
    ...(draws === undefined
      ? {}
      : { drawn: drawnRows(g, logits, blocks && { all: blocks.all, weights: weights! }, draws, without) }),
  }
}
