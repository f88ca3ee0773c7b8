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
  /** `[T, columns]`, 128 ± 127; for 16 bits `[T, 2, columns]`, whole steps before what they leave. */
  readonly codes: Value
  /** Products of codes, less the zero, are multiplied by this number and by `spans`. */
  readonly scale: Value
  readonly zero: Value
  /** `[T, 1]`; for 16 bits `[T, 1, 2]`, what whole steps and remainders weigh. */
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

/** Codes of whole steps, and below them of what those leave; rows `[T, 1, columns]` between −1 and 1. */
const sixteenBits = (g: GraphBuilder, quotients: Value, zero: Value): Value => {
  const step = number(g, 1 / GREATEST)
  const whole = ops.quantizeLinear(g, quotients, step, zero)
  const rest = ops.sub(g, quotients, ops.dequantizeLinear(g, whole, step, zero))
  return ops.concat(g, [whole, ops.quantizeLinear(g, rest, number(g, 1 / GREATEST / FINER), zero)], 1)
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
    const [rows, columns] = x.shape as [Dimension, Dimension]
    const scaled = factors === undefined ? x : ops.mul(g, x, factorsOf(g, factors))
    const row = bits === 8 ? scaled : ops.reshape(g, scaled, [rows, 1, columns])
    const spans = ops.reduceMax(g, ops.abs(g, row))
    const quotients = ops.div(g, row, spans)
    const scale = number(g, 1 / GREATEST)
    if (bits === 8) return { codes: ops.quantizeLinear(g, quotients, scale, zero), scale, zero, spans }
    const weighed = ops.mul(g, spans, g.constant("float32", [1, 1, 2], [1, 1 / FINER]))
    return { codes: sixteenBits(g, quotients, zero), scale, zero, spans: weighed }
  })

/** Products of codes as those of the rows. */
export const weighProducts = (g: GraphBuilder, products: Value, spans: Value): Value => {
  if (products.shape.length === 2) return ops.mul(g, products, spans)
  const [rows, , width] = products.shape as [Dimension, Dimension, Dimension]
  return ops.reshape(g, ops.matMul(g, spans, products), [rows, width])
}
