import { createHash } from "node:crypto"
import type { LinearRule, Vector } from "@parade/graph"
import { rowMatrixOf } from "@parade/weights"
import type { RowFit } from "@parade/weights"
import type { Calibration } from "./_calibrate.ts"

/**
 * Products expected to be further off than this part of their size round their inputs to more bits, and where that is
 * not enough keep the form they have. Products in blocks of 32 are off by 0.008; see decision 011.
 */
const TOLERANCE = 0.012

/** Which linear layers are computed in 8-bit integers with one scale per row. */
export interface RowRule {
  /** For one graph: it counts the layers. */
  readonly rule: LinearRule
  readonly chosen: number
  readonly of: number
}

interface Chosen {
  readonly inputBits: 8 | 16
  readonly factors: Vector
}

const choose = (fits: readonly RowFit[]): Chosen | undefined => {
  const fit = fits.find(({ error }) => error <= TOLERANCE)
  if (fit === undefined) return undefined
  const { factors: values, inputBits } = fit
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const identity = `factors ${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}`
  return { inputBits, factors: { length: values.length, identity, values: () => values } }
}

export const rowRule = ({ fits, inputOf }: Calibration): RowRule => {
  const chosen = fits.map(choose)
  let next = 0
  return {
    chosen: inputOf.filter((input) => chosen[input] !== undefined).length,
    of: inputOf.length,
    rule: (_, matrix, multiply) => {
      const form = chosen[inputOf[next++] ?? -1]
      return multiply(
        form === undefined || form.factors.length !== matrix.columns
          ? matrix
          : rowMatrixOf(matrix, form.factors, form.inputBits),
      )
    },
  }
}
