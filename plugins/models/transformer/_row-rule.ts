import { createHash } from "node:crypto"
import type { LinearRule, Vector } from "@parade/graph"
import { rowMatrixOf } from "@parade/weights"
import type { Calibration } from "./_calibrate.ts"

/**
 * Products expected to be further off than this part of their size keep the form they have. On SmolLM2, whose products
 * in blocks are off by 0.008, it leaves out the last product of most feed-forward layers; see decision 011.
 */
const TOLERANCE = 0.018

/** Which linear layers are computed in 8-bit integers with one scale per row. */
export interface RowRule {
  /** For one graph: it counts the layers. */
  readonly rule: LinearRule
  readonly chosen: number
  readonly of: number
}

export const rowRule = ({ fits, inputOf }: Calibration): RowRule => {
  const factors = fits.map(({ factors: values, error }): Vector | undefined => {
    if (error > TOLERANCE) return undefined
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    const hash = createHash("sha256").update(bytes).digest("hex")
    return { length: values.length, identity: `factors ${hash.slice(0, 16)}`, values: () => values }
  })
  let next = 0
  return {
    chosen: inputOf.filter((input) => factors[input] !== undefined).length,
    of: inputOf.length,
    rule: (_, matrix, multiply) => {
      const chosen = factors[inputOf[next++] ?? -1]
      return multiply(
        chosen === undefined || chosen.length !== matrix.columns ? matrix : rowMatrixOf(matrix, chosen),
      )
    },
  }
}
