import type { Matrix } from "@parade/graph"
import { quantise8 } from "./_convert-floats.ts"

const block = 32

/**
 * A matrix of floats in 8-bit blocks of 32 columns, rounded to 255 levels each: a quarter of the bytes to read. Columns that are
 * not whole blocks stay floats, as does what is in blocks already.
 */
export const eightBitBlocks = (matrix: Matrix): Matrix => {
  const { kind, rows, columns, identity } = matrix
  if (kind !== "dense" || columns % block !== 0) return matrix
  return {
    kind: "blocks",
    rows,
    columns,
    identity: `${identity}|8 bits`,
    bits: 8,
    block,
    hasZeros: false,
    parts: () => {
      const values = matrix.values()
      const codes = new Uint8Array(rows * columns)
      const scales = Float32Array.from({ length: (rows * columns) / block }, (_, i) =>
        quantise8(values, i * block, block, codes, i * block),
      )
      return { codes, scales }
    },
  }
}
