import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import type { Vector } from "../matrix.ts"
import * as ops from "../ops/mod.ts"

/** Codes are 128 ± this. */
const GREATEST = 127

/** Rows as 8-bit codes. */
export interface RoundedRows {
  /** `[T, columns]`, 128 ± 127. */
  readonly codes: Value
  /** What a code counts, `[T, 1]`. */
  readonly steps: Value
  /** The code of nought. */
  readonly zero: Value
  /** The number 1. */
  readonly one: Value
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

/**
 * Rows times `factors`, rounded to 8 bits by the greatest value of each; once for all matrices that read them so.
 * Rounding the quotients with the scale 1 is what onnxruntime does fast: with a scale per row, or signed codes, it
 * takes several times as long. A row of noughts has the step 0, and whatever its codes, the product is 0.
 */
export const roundRows = (g: GraphBuilder, x: Value, factors: Vector | undefined): RoundedRows =>
  g.memo(`rounded rows ${x.name} ${factors?.identity ?? ""}`, () => {
    const one = g.constant("float32", [], [1])
    const zero = g.initializer({
      type: "uint8",
      shape: [],
      identity: "the code of nought",
      bytes: () => Uint8Array.of(GREATEST + 1),
    })
    const scaled = factors === undefined ? x : ops.mul(g, x, factorsOf(g, factors))
    const greatest = ops.reduceMax(g, ops.abs(g, scaled))
    const steps = ops.mul(g, greatest, g.constant("float32", [], [1 / GREATEST]))
    return { codes: ops.quantizeLinear(g, ops.div(g, scaled, steps), one, zero), steps, zero, one }
  })
