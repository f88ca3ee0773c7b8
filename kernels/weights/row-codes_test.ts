import type { Matrix, RowMatrix, Vector } from "@parade/graph"
import { dequantizeRows } from "@parade/graph"
import * as fc from "fast-check"
import assert from "node:assert/strict"
import { test } from "node:test"
import { rowMatrixOf } from "./row-codes.ts"
import { fitRows } from "./row-fit.ts"

const noise = (seed: number) => {
  let state = seed
  return (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  }
}

const fill = (count: number, value: (i: number) => number): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => value(i))

const matrixOf = (rows: number, columns: number, values: Float32Array): Matrix => ({
  kind: "dense",
  rows,
  columns,
  identity: "w",
  values: () => values,
})

const vectorOf = (values: Float32Array): Vector => ({
  length: values.length,
  identity: "f",
  values: () => values,
})

test("every weight is within half a step of its row, and the greatest of a row has the greatest code", () =>
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 150 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
      (rows, columns, seed) => {
        const random = noise(seed)
        const values = fill(rows * columns, () => random() ** 3)
        const factors = fill(columns, () => 2 ** (3 * random()))
        for (const given of [undefined, factors]) {
          const matrix = rowMatrixOf(matrixOf(rows, columns, values), given && vectorOf(given))
          const { codes, scales } = matrix.parts()
          const back = dequantizeRows(matrix)
          for (let row = 0; row < rows; row++) {
            let greatest = 0
            for (let column = 0; column < columns; column++) {
              const at = row * columns + column
              const step = scales[row]! * (given?.[column] ?? 1)
              assert.ok(Math.abs(back[at]! - values[at]!) <= 0.50001 * step)
              greatest = Math.max(greatest, Math.abs(codes[column * rows + row]!))
            }
            assert.equal(greatest, 127)
          }
        }
      },
    ),
    { numRuns: 50 },
  ))

test("a row of noughts stays one", () => {
  const matrix = rowMatrixOf(matrixOf(2, 3, Float32Array.of(0, 0, 0, 1, -2, 0.5)))
  assert.deepEqual(dequantizeRows(matrix).slice(0, 3), new Float32Array(3))
})

const WIDTH = 96
const OUT = 300
const ROWS = 24

const products = (rows: Float32Array, weights: Float32Array): Float64Array => {
  const count = rows.length / WIDTH
  const out = new Float64Array(count * OUT)
  for (let t = 0; t < count; t++)
    for (let n = 0; n < OUT; n++)
      for (let k = 0; k < WIDTH; k++) out[t * OUT + n]! += rows[t * WIDTH + k]! * weights[n * WIDTH + k]!
  return out
}

/** Rows as the device rounds them: times factors, by the greatest of each, and back. */
const rounded = (rows: Float32Array, factors: Float32Array, steps: number): Float32Array => {
  const out = new Float32Array(rows.length)
  for (let at = 0; at < rows.length; at += WIDTH) {
    const scaled = rows.subarray(at, at + WIDTH).map((value, i) => value * factors[i]!)
    const step = scaled.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / steps
    for (let i = 0; i < WIDTH; i++) out[at + i] = (Math.round(scaled[i]! / step) * step) / factors[i]!
  }
  return out
}

test("factors fitted to rows with great columns lose less than none, and inputs of 16 bits less than of 8, as the fit foretells", () => {
  const random = noise(3)
  // One column in sixteen is forty times as great, as in transformers.
  const rows = fill(ROWS * WIDTH, (i) => random() * (i % 16 === 5 ? 40 : 1))
  const weights = fill(OUT * WIDTH, () => random())
  const exact = products(rows, weights)
  const energies = new Float64Array(ROWS)
  for (const [i, value] of exact.entries()) energies[Math.floor(i / OUT)]! += value * value
  const greatest = new Float32Array(WIDTH)
  for (const [i, value] of rows.entries())
    greatest[i % WIDTH] = Math.max(greatest[i % WIDTH]!, Math.abs(value))
  const errorWith = (factors: Float32Array, steps = 127): number => {
    const matrix: RowMatrix = rowMatrixOf(matrixOf(OUT, WIDTH, weights), vectorOf(factors))
    const off = products(rounded(rows, factors, steps), dequantizeRows(matrix))
    let sum = 0
    for (const [i, value] of off.entries()) sum += (value - exact[i]!) ** 2 / energies[Math.floor(i / OUT)]!
    return Math.sqrt(sum / ROWS)
  }
  const [eight, sixteen] = fitRows([matrixOf(OUT, WIDTH, weights)], { greatest, rows, energies })
  const error = errorWith(eight!.factors)
  assert.ok(error < 0.6 * errorWith(new Float32Array(WIDTH).fill(1)), `${error}`)
  assert.ok(eight!.error > 0.8 * error && eight!.error < 1.25 * error, `${eight!.error}, not ${error}`)
  const fine = errorWith(sixteen!.factors, 127 * 254)
  assert.ok(fine < 0.8 * error, `${fine}`)
  assert.ok(sixteen!.error > 0.8 * fine && sixteen!.error < 1.25 * fine, `${sixteen!.error}, not ${fine}`)
})

test("columns that were nought in the sample, and samples of nought, have finite factors", () => {
  const weights = fill(OUT * WIDTH, (i) => (i % WIDTH === 3 ? 0 : 1))
  for (const value of [0, 1]) {
    const rows = fill(ROWS * WIDTH, (i) => (i % WIDTH === 7 ? 0 : value))
    const greatest = rows.slice(0, WIDTH)
    const energies = new Float64Array(ROWS).fill(value)
    for (const { factors, error } of fitRows([matrixOf(OUT, WIDTH, weights)], { greatest, rows, energies })) {
      assert.ok(factors.every((factor) => factor > 0 && Number.isFinite(factor)))
      assert.ok(Number.isFinite(error))
    }
  }
})
