import type { Matrix, RowMatrix, Vector } from "@parade/graph"
import { matrixValues } from "./matrix-values.ts"

/** Bump when the conversion changes, so that copies kept on disk are made anew. */
const version = 1

const GREATEST = 127
/** Rows converted together: their part of a column is written in one go. */
const TILE = 64
/** Adding and subtracting it rounds a double to an integer, to the even one at halves. */
const ROUNDING = 1.5 * 2 ** 52

const reciprocals = (values: Float32Array): Float64Array => Float64Array.from(values, (value) => 1 / value)

/** The scale of each row: its greatest magnitude, columns divided by the factors, is the greatest code. */
export const rowScales = (
  values: Float32Array,
  rows: number,
  columns: number,
  factors: Float32Array,
): Float32Array => {
  const multipliers = reciprocals(factors)
  const scales = new Float32Array(rows)
  for (let row = 0, i = 0; row < rows; row++) {
    let greatest = 0
    for (let column = 0; column < columns; column++, i++) {
      const value = values[i]! * multipliers[column]!
      const magnitude = value < 0 ? -value : value
      if (magnitude > greatest) greatest = magnitude
    }
    scales[row] = greatest / GREATEST
  }
  return scales
}

const convert = (matrix: Matrix, factors: Float32Array): ReturnType<RowMatrix["parts"]> => {
  const { rows, columns } = matrix
  const values = matrixValues(matrix)
  const scales = rowScales(values, rows, columns, factors)
  const steps = Float64Array.from(scales, (scale) => (scale === 0 ? 0 : 1 / scale))
  const multipliers = reciprocals(factors)
  const codes = new Int8Array(rows * columns)
  for (let first = 0; first < rows; first += TILE) {
    const last = Math.min(rows, first + TILE)
    for (let column = 0; column < columns; column++) {
      const multiplier = multipliers[column]!
      const at = column * rows
      for (let row = first; row < last; row++)
        codes[at + row] = values[row * columns + column]! * multiplier * steps[row]! + ROUNDING - ROUNDING
    }
  }
  return { codes, scales }
}

/**
 * A matrix as 8-bit integers with one scale per row, for inputs multiplied by `factors` (one per column, positive).
 * The inputs are rounded to `inputBits`. Converted when asked for. Loses quality, by how much depends on the inputs: see `fitRows`.
 */
export const rowMatrixOf = (matrix: Matrix, factors?: Vector, inputBits: 8 | 16 = 8): RowMatrix => ({
  kind: "rows",
  inputBits,
  rows: matrix.rows,
  columns: matrix.columns,
  identity: `${matrix.identity}|rows.${version}(${factors?.identity ?? ""})`,
  factors,
  parts: () => convert(matrix, factors?.values() ?? new Float32Array(matrix.columns).fill(1)),
})
