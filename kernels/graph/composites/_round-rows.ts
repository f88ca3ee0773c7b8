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

const constantOf = (
  g: GraphBuilder,
  shape: readonly number[],
  identity: string,
  values: () => Float32Array,
): Value =>
  g.initializer({
    type: "float32",
    shape,
    identity,
    bytes: () => {
      const data = values()
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    },
  })

const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

type RoundedAs8 = Omit<RoundedRows, "scale" | "zero">

/** By the greatest value of each row, whose span that is. */
const eightBits = (g: GraphBuilder, x: Value, factors: Vector | undefined, zero: Value): RoundedAs8 => {
  const scaled =
    factors === undefined
      ? x
      : ops.mul(g, x, constantOf(g, [factors.length], factors.identity, factors.values))
  const spans = ops.reduceMax(g, ops.abs(g, scaled))
  return { codes: ops.quantizeLinear(g, ops.div(g, scaled, spans), number(g, 1 / GREATEST), zero), spans }
}

/**
 * By what no value of a row exceeds: `√columns` times the root of its mean square, times the greatest factor. That is
 * one operator where the greatest value takes four, and codes as fine as these can spare the few bits it is greater.
 * Whole steps are rounded first, then what they leave.
 */
const sixteenBits = (g: GraphBuilder, x: Value, factors: Vector | undefined, zero: Value): RoundedAs8 => {
  const [rows, columns] = x.shape as [Dimension, number]
  const identity = factors?.identity ?? `ones ${columns}`
  const values = (): Float32Array => factors?.values() ?? new Float32Array(columns).fill(1)
  const bound = (): number =>
    Math.sqrt(columns) * values().reduce((greatest, factor) => Math.max(greatest, Math.abs(factor)), 0)
  const scale = constantOf(g, [columns], `${identity} within one`, () => {
    const most = bound()
    return values().map((factor) => factor / most)
  })
  const { normed, inverse } = ops.normalizeRows(g, ops.reshape(g, x, [rows, 1, columns]), scale, 0)
  const step = number(g, 1 / GREATEST)
  const whole = ops.quantizeLinear(g, normed, step, zero)
  const rest = ops.sub(g, normed, ops.dequantizeLinear(g, whole, step, zero))
  const shares = constantOf(g, [1, 1, 2], `${identity} of whole steps and rests`, () =>
    Float32Array.of(bound(), bound() / FINER),
  )
  return {
    codes: ops.concat(g, [whole, ops.quantizeLinear(g, rest, number(g, 1 / GREATEST / FINER), zero)], 1),
    spans: ops.div(g, shares, inverse),
  }
}

/**
 * Rows times `factors`, rounded to 8 or 16 bits, each by its own size; once for all matrices that read them so.
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
    const rounded = (bits === 8 ? eightBits : sixteenBits)(g, x, factors, zero)
    return { ...rounded, scale: number(g, 1 / GREATEST), zero }
  })

/** Products of codes as those of the rows. */
export const weighProducts = (g: GraphBuilder, products: Value, spans: Value): Value => {
  if (products.shape.length === 2) return ops.mul(g, products, spans)
  const [rows, , width] = products.shape as [Dimension, Dimension, Dimension]
  return ops.reshape(g, ops.matMul(g, spans, products), [rows, width])
}
