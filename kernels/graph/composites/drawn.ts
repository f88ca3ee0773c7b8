import type { GraphBuilder } from "../builder.ts"
import type { Dimension, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { logSums } from "./_log-sums.ts"

/** Rows of logits in equal blocks. */
export interface BlockedRows {
  /** `[R, blocks, length]`. */
  readonly all: Value
  /** `log Σ exp(l)` of each block, `[R, blocks]`. */
  readonly weights: Value
}

/** Added to a logit it leaves nothing that has a weight. */
export const nothing = -1e30

/** What a sum is multiplied by so that less is left of it. */
const justBelow = 1 - 2 ** -23

const number = (g: GraphBuilder, x: number): Value => g.constant("float32", [], [x])

/** A row `[1, length]` of `x` at one place and 0 elsewhere. */
const oneAt = (g: GraphBuilder, length: number, place: number, x: number): Value =>
  g.constant(
    "float32",
    [1, length],
    Array.from({ length }, (_, i) => (i === place ? x : 0)),
  )

/** Beside the greatest. */
const weightsOf = (g: GraphBuilder, logits: Value, greatest: Value): Value =>
  ops.exp(g, ops.sub(g, logits, greatest))

const lastOf = (g: GraphBuilder, sums: Value): Value => {
  const length = sums.shape[1] as number
  return ops.slice(g, sums, 1, length - 1, length)
}

/** How many cumulative sums of a row `[R, N]` a target does not pass: the place where it comes to lie, `[R, 1]` floats. */
const placeOf = (
  g: GraphBuilder,
  sums: Value,
  target: Value,
): { readonly place: Value; readonly isBefore: Value } => {
  const isBefore = ops.lessOrEqual(g, sums, target)
  return { isBefore, place: ops.reduceSum(g, ops.cast(g, isBefore, "float32")) }
}

const drawnOfRows = (g: GraphBuilder, logits: Value, without: number | undefined, u: Value): Value => {
  const length = logits.shape[1] as number
  const left = without === undefined ? logits : ops.add(g, logits, oneAt(g, length, without, nothing))
  const sums = ops.cumSum(g, weightsOf(g, left, ops.reduceMax(g, left)))
  return placeOf(g, sums, ops.mul(g, lastOf(g, sums), u)).place
}

/** First the block, by what the blocks weigh, then the token in it: no weight of a whole row is kept. */
const drawnOfBlocks = (
  g: GraphBuilder,
  { all, weights: logWeights }: BlockedRows,
  without: number | undefined,
  u: Value,
): Value => {
  const [rows, count, length] = all.shape as [Dimension, number, number]
  let greatest: Value
  let weights: Value
  if (without === undefined) {
    greatest = ops.reduceMax(g, logWeights)
    weights = weightsOf(g, logWeights, greatest)
  } else {
    // The block of the token left out is weighed anew: taken off, a great weight would leave the error of the difference.
    const block = Math.floor(without / length)
    const others = ops.add(g, logWeights, oneAt(g, count, block, nothing))
    const own = ops.reshape(g, ops.gather(g, all, g.constant("int64", [1], [block]), 1), [rows, length])
    const left = ops.add(g, own, oneAt(g, length, without % length, nothing))
    greatest = ops.max(g, ops.reduceMax(g, others), ops.reduceMax(g, left))
    const weight = ops.reduceSum(g, weightsOf(g, left, greatest))
    weights = ops.add(g, weightsOf(g, others, greatest), ops.mul(g, weight, oneAt(g, count, block, 1)))
  }
  const sums = ops.cumSum(g, weights)
  const target = ops.mul(g, lastOf(g, sums), u)
  const { place: block, isBefore } = placeOf(g, sums, target)
  const passed = ops.reduceMax(g, ops.where(g, isBefore, sums, number(g, 0)))
  const within = ops.reshape(g, ops.gatherND(g, all, ops.cast(g, block, "int64")), [rows, length])
  const places = g.constant(
    "float32",
    [1, length],
    Array.from({ length }, (_, i) => i),
  )
  const start = ops.mul(g, block, number(g, length))
  const left =
    without === undefined
      ? within
      : ops.where(g, ops.equal(g, ops.add(g, places, start), number(g, without)), number(g, nothing), within)
  const inBlock = ops.cumSum(g, weightsOf(g, left, greatest))
  // The block weighs the same added up in another way but for rounding: what is sought is less than all of it.
  const rest = ops.min(g, ops.sub(g, target, passed), ops.mul(g, lastOf(g, inBlock), number(g, justBelow)))
  return ops.add(g, start, placeOf(g, inBlock, rest).place)
}

/**
 * A token drawn of each row of logits `[R, V]` by the softmax at a temperature, and its logit: `[R, 2]` floats. `draws` `[R, D]`
 * says how: `u`, in [0, 1 − 2⁻²⁰], where the cumulative distribution in the order of tokens is inverted; and, where `D` is 2,
 * `1 / temperature`, which takes passes over the row of its own. Where `D` is 0 nothing is drawn and all is 0. The token `without`
 * counts as impossible.
 *
 * Sums are float32: a token is another than that of exact sums where `u` is within some 1e-6 of the edge between the two. A token
 * that has no weight is never drawn, and a logit that is no number ends in some token.
 */
export const drawnRows = (
  g: GraphBuilder,
  logits: Value,
  blocks: BlockedRows | undefined,
  draws: Value,
  without?: number,
): Value => {
  const [rows, columns] = draws.shape as [Dimension, Dimension]
  const isMore = (count: number): Value =>
    ops.greater(g, ops.sizes(g, [columns]), g.constant("int64", [1], [count]))
  const column = (at: number): Value => ops.gather(g, draws, g.constant("int64", [1], [at]), 1)
  const tempered = (): { readonly logits: Value; readonly blocks?: BlockedRows } => {
    const inverse = column(1)
    if (blocks === undefined) return { logits: ops.mul(g, logits, inverse) }
    const all = ops.mul(g, blocks.all, ops.reshape(g, inverse, [rows, 1, 1]))
    return { logits, blocks: { all, weights: logSums(g, all) } }
  }
  const drawn = (from: ReturnType<typeof tempered>): Value => {
    const token =
      from.blocks === undefined
        ? drawnOfRows(g, from.logits, without, column(0))
        : drawnOfBlocks(g, from.blocks, without, column(0))
    return ops.concat(g, [token, ops.gatherElements(g, logits, ops.cast(g, token, "int64"))], 1)
  }
  const plain = { logits, ...(blocks === undefined ? {} : { blocks }) }
  return g.either(
    isMore(0),
    () =>
      g.either(
        isMore(1),
        () => drawn(tempered()),
        () => drawn(plain),
      ),
    () => ops.expand(g, g.constant("float32", [1, 1], [0]), [rows, 2]),
  )
}
