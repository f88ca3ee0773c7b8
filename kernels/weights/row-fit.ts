import type { Matrix } from "@parade/graph"
import { matrixValues } from "./matrix-values.ts"
import { rowScales } from "./row-codes.ts"

/** What is known of the rows that some matrices read. */
export interface InputSample {
  /** The greatest magnitude seen in each column. */
  readonly greatest: Float32Array
  /** Some of the rows, one after another. */
  readonly rows: Float32Array
  /** Of each of those rows, the sum of squares of what the matrices make of it. */
  readonly energies: Float64Array
}

/** How weights are best rounded to 8 bits with one scale per row, and their inputs to 8 or 16, and what that loses. */
export interface RowFit {
  readonly inputBits: 8 | 16
  /** Multiply the columns of the rows; the weights are divided by them. */
  readonly factors: Float32Array
  /** The error of the products to expect, as a part of their size: root mean square over the rows. */
  readonly error: number
}

/** Columns less than this part of the mean are taken for as great: a short sample may have missed their values. */
const FLOOR = 0.01
/** How much of the unevenness may go from the rows to the weights. */
const ALPHAS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] as const
/** Rows of a matrix that stand for all. */
const SAMPLED = 256
/** Steps from nought to the greatest value of a row. */
const STEPS = { 8: 127, 16: 127 * 254 } as const
const INPUT_BITS = [8, 16] as const
/** Rounding to steps of 1 leaves an even error of this square. */
const ROUNDING = 1 / 12

const withFloor = (values: Float32Array): Float32Array => {
  const floor = (FLOOR * values.reduce((sum, value) => sum + value, 0)) / values.length
  return values.map((value) => Math.max(value, floor) || 1)
}

/** The greatest magnitude and the sum of squares of each column. */
const columnsOf = (
  matrices: readonly Float32Array[],
  columns: number,
): { readonly greatest: Float32Array; readonly squares: Float64Array } => {
  const greatest = new Float32Array(columns)
  const squares = new Float64Array(columns)
  for (const values of matrices)
    for (let i = 0; i < values.length;)
      for (let column = 0; column < columns; column++, i++) {
        const value = values[i]!
        const magnitude = value < 0 ? -value : value
        if (magnitude > greatest[column]!) greatest[column] = magnitude
        squares[column]! += value * value
      }
  return { greatest, squares }
}

/** Some rows of a matrix, evenly spread. */
const someRows = (values: Float32Array, { rows, columns }: Matrix): Float32Array => {
  if (rows <= SAMPLED) return values
  const some = new Float32Array(SAMPLED * columns)
  for (let i = 0; i < SAMPLED; i++) {
    const at = Math.floor((i * rows) / SAMPLED) * columns
    some.set(values.subarray(at, at + columns), i * columns)
  }
  return some
}

/** The sum over all rows of squared scales, from some of them. */
const squaredScales = (some: Float32Array, { rows, columns }: Matrix, factors: Float32Array): number => {
  const scales = rowScales(some, some.length / columns, columns, factors)
  return (scales.reduce((sum, scale) => sum + scale * scale, 0) * rows) / scales.length
}

/** The error as if all roundings were independent: of the rows in steps of their spans, of the weights in their scales. */
const expectedError = (
  { rows, energies }: InputSample,
  factors: Float32Array,
  weights: { readonly squares: Float64Array; readonly squaredScales: number },
): { readonly [bits in RowFit["inputBits"]]: number } => {
  const columns = factors.length
  let norm = 0
  for (let i = 0; i < columns; i++) norm += weights.squares[i]! / factors[i]! ** 2
  const sums = { 8: 0, 16: 0 }
  for (const [row, energy] of energies.entries()) {
    let span = 0
    let square = 0
    for (let i = 0; i < columns; i++) {
      const value = Math.abs(rows[row * columns + i]! * factors[i]!)
      if (value > span) span = value
      square += value * value
    }
    for (const bits of INPUT_BITS) {
      const noise = ROUNDING * ((span / STEPS[bits]) ** 2 * norm + square * weights.squaredScales)
      if (energy > 0) sums[bits] += noise / energy
    }
  }
  return { 8: Math.sqrt(sums[8] / energies.length), 16: Math.sqrt(sums[16] / energies.length) }
}

/**
 * Fits the rounding of rows that `matrices` read, to 8 bits and to 16. Factors even out what each column of the rows
 * and of the weights spans: `(greatest weight)^(1 − α) / (greatest value)^α`, SmoothQuant's (Xiao et al. 2022, eq. 4),
 * with the α of the least error.
 */
export const fitRows = (matrices: readonly Matrix[], sample: InputSample): readonly RowFit[] => {
  const values = matrices.map(matrixValues)
  const weights = columnsOf(values, sample.greatest.length)
  const some = values.map((all, i) => someRows(all, matrices[i]!))
  const greatest = withFloor(sample.greatest)
  const greatestWeights = withFloor(weights.greatest)
  const tried = ALPHAS.map((alpha) => {
    const factors = greatestWeights.map((weight, i) => weight ** (1 - alpha) / greatest[i]! ** alpha)
    const scales = matrices.reduce((sum, matrix, i) => sum + squaredScales(some[i]!, matrix, factors), 0)
    const error = expectedError(sample, factors, { squares: weights.squares, squaredScales: scales })
    return { factors, error }
  })
  return INPUT_BITS.map((inputBits) => {
    const { factors, error } = tried.reduce((best, one) =>
      one.error[inputBits] < best.error[inputBits] ? one : best,
    )
    return { inputBits, factors, error: error[inputBits] }
  })
}
