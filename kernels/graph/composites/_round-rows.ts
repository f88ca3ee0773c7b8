import type { GraphBuilder } from "../builder.ts"
import type { Dimension, Value } from "../graph.ts"
import type { Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"

/** Codes are 128 ± this. */
const GREATEST = 127

/** Steps of the second code to one of the first, whose remainders are halves at most. */
const FINER = 2 * GREATEST

/** Rows as 8-bit codes. */
export interface RoundedRows {
  /** `[T, columns]`, 128 ± 127; for 16 bits `[2·T, columns]`, remainders after all whole steps. */
  readonly codes: Value
  /** Products of codes, less the zero, are multiplied by this number and by `spans` `[T, 1]`. */
  readonly scale: Value
  readonly zero: Value
  readonly spans: Value
}

const factorsOf = (g: GraphBuilder, { length, identity, values }: Vector): Value =>
  g.initializer({
    type: "float32",
    shape: [length],
    identity,
    bytes: () => {
      const data = values()
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    },
  })

const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

/** Codes of whole steps, and below them of what those leave. */
const sixteenBits = (g: GraphBuilder, quotients: Value, zero: Value): Value => {
  const steps = ops.mul(g, quotients, number(g, GREATEST))
  const rest = ops.mul(g, ops.sub(g, steps, ops.round(g, steps)), number(g, FINER))
  return ops.quantizeLinear(g, ops.concat(g, [steps, rest], 0), number(g, 1), zero)
}

/**
 * Rows times `factors`, rounded to 8 or 16 bits by the greatest value of each; once for all matrices that read them so.
 * Dividing first and rounding with one scale for all is what onnxruntime does fast: with a scale per row, or signed
 * codes, it takes several times as long. A row of noughts has the span 0, and whatever its codes, the product is 0.
 */
export const roundRows = (
  g: GraphBuilder,
  x: Value,
  factors: Vector | undefined,
  bits: 8 | 16,
): RoundedRows =>
  g.memo(`rows rounded to ${bits} bits ${x.name} ${factors?.identity ?? ""}`, () => {
    const zero = g.initializer({
      type: "uint8",
      shape: [],
      identity: "the code of nought",
      bytes: () => Uint8Array.of(GREATEST + 1),
    })
    const scaled = factors === undefined ? x : ops.mul(g, x, factorsOf(g, factors))
    const spans = ops.reduceMax(g, ops.abs(g, scaled))
    const quotients = ops.div(g, scaled, spans)
    const scale = number(g, 1 / GREATEST)
    const codes = bits === 8 ? ops.quantizeLinear(g, quotients, scale, zero) : sixteenBits(g, quotients, zero)
    return { codes, scale, zero, spans }
  })

/** One row of products for each row of 16 bits: those of whole steps and of remainders together. */
export const joinProducts = (g: GraphBuilder, products: Value, rows: Dimension): Value => {
  const [whole, rest] = ops.split(g, products, [rows, rows], 0)
  return ops.add(g, whole!, ops.mul(g, rest!, number(g, 1 / FINER)))
}
