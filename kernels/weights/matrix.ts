import { WeightsError } from "@parade/core"
import type { Matrix } from "@parade/graph"
import { convertBlocks, exactBits, fitsOffsets } from "./_convert-blocks.ts"
import { convertFloats } from "./_convert-floats.ts"
import { requireFinite } from "./_finite.ts"
import type { WeightTensor } from "./tensor.ts"

/**
 * How weights are wanted:
 * - `auto`: faithful to the file. Floats stay floats; blocks stay blocks. Exact, but for the minima of blocks that have
 *   them (Q4_1, Q5_1, Q2_K, Q4_K, Q5_K), which move by less than a thirtieth of a step.
 * - `fp32`: floats.
 * - `q8`: 8-bit blocks; as `auto` for blocks, rounded to 255 levels per 32 columns for floats.
 * - `q4`: 4-bit blocks without zeros, scale searched per 32 columns. Loses quality, often much.
 */
export type MatrixDtype = "auto" | "fp32" | "q8" | "q4"

/**
 * How the minima of blocks are held: as zeros of 8-bit codes, off by less than a thirtieth of a step; or, where the
 * codes fit in 4 bits, as offsets next to them, exactly. Offsets take a third fewer bytes and one small product more
 * per layer: which one is faster depends on the machine.
 */
export type Minima = "zeros" | "offsets"

/** Bump when a conversion changes, so that copies kept on disk are made anew. */
const version = 1

const dense = (tensor: WeightTensor, rows: number, columns: number): Matrix => ({
  kind: "dense",
  rows,
  columns,
  identity: `${tensor.identity}|fp32`,
  values: () => requireFinite(tensor, tensor.values()),
})

/**
 * A tensor `[rows, columns]` as a matrix to multiply with. Nothing is read yet; `values` and `parts` throw
 * `WeightsError` where the file cannot be read or holds a number that is not finite. Columns that are not whole
 * blocks of 32 stay floats.
 */
export const matrixOf = (
  tensor: WeightTensor,
  dtype: MatrixDtype = "auto",
  minima: Minima = "zeros",
): Matrix => {
  const { shape, quantisation, identity } = tensor
  const [rows, columns] = shape
  if (rows === undefined || columns === undefined || shape.length !== 2)
    throw new WeightsError({
      code: "weights.not-a-matrix",
      message: `Tensor ${tensor.name} has ${shape.length} dimensions where a matrix has 2.`,
      advice: "Check that the config belongs to these weights.",
      path: tensor.name,
    })
  if (dtype === "fp32") return dense(tensor, rows, columns)
  const bits = dtype === "q8" ? 8 : dtype === "q4" ? 4 : undefined
  if (quantisation !== undefined && (dtype !== "q4" || exactBits(quantisation) === 4)) {
    const hasOffsets = minima === "offsets" && dtype === "auto" && fitsOffsets(quantisation)
    const chosen = hasOffsets ? 4 : (bits ?? exactBits(quantisation))
    return {
      kind: "blocks",
      rows,
      columns,
      identity: `${identity}|blocks${chosen}${hasOffsets ? "+" : ""}.${version}`,
      bits: chosen,
      block: quantisation.group,
      hasZeros: quantisation.hasMinima && !hasOffsets,
      hasOffsets,
      parts: () => convertBlocks(tensor, quantisation, chosen),
    }
  }
  if (bits === undefined || columns % 32 !== 0) return dense(tensor, rows, columns)
  return {
    kind: "blocks",
    rows,
    columns,
    identity: `${identity}|q${bits}.${version}`,
    bits,
    block: 32,
    hasZeros: false,
    parts: () => convertFloats(tensor, bits),
  }
}
