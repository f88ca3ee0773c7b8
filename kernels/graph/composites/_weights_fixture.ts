import { randomFloats } from "../_compare.ts"
import type { Matrix, RowMatrix, Vector } from "../matrix.ts"

/** For tests: a matrix of random floats that are the same for the same seed. */
export const denseMatrix = (rows: number, columns: number, seed: number): Matrix => ({
  kind: "dense",
  rows,
  columns,
  identity: `dense ${rows} ${columns} ${seed}`,
  values: () => randomFloats(seed)(rows * columns, 1 / Math.sqrt(columns)),
})

export const blockMatrix = (
  rows: number,
  columns: number,
  seed: number,
  format: {
    readonly bits: 4 | 8
    readonly block: 16 | 32 | 64
    readonly hasZeros: boolean
    readonly hasOffsets?: boolean
  },
): Matrix => ({
  kind: "blocks",
  rows,
  columns,
  ...format,
  identity: `blocks ${rows} ${columns} ${seed}`,
  parts: () => {
    const random = randomFloats(seed)
    const blocks = (rows * columns) / format.block
    const bytes = (count: number): Uint8Array =>
      Uint8Array.from(random(count), (x) => Math.floor((x + 1) * 127.9))
    const codes = bytes((rows * columns * format.bits) / 8)
    const scales = random(blocks, 1 / 2 ** format.bits / Math.sqrt(columns))
    return {
      codes,
      scales,
      ...(format.hasZeros ? { zeros: bytes(blocks) } : {}),
      ...(format.hasOffsets === true ? { offsets: random(blocks, 1 / Math.sqrt(columns)) } : {}),
    }
  },
})

export const vector = (length: number, seed: number): Vector => ({
  length,
  identity: `vector ${length} ${seed}`,
  values: () => randomFloats(seed)(length),
})

/** With codes small enough that no processor saturates. */
export const rowMatrix = (
  rows: number,
  columns: number,
  seed: number,
  factors?: Vector,
  inputBits: 8 | 16 = 8,
): RowMatrix => ({
  kind: "rows",
  inputBits,
  rows,
  columns,
  identity: `rows ${rows} ${columns} ${seed}`,
  factors,
  parts: () => {
    const random = randomFloats(seed)
    const codes = Int8Array.from(random(rows * columns), (x) => Math.round(60 * x))
    return { codes, scales: random(rows, 1 / 60 / Math.sqrt(columns)) }
  },
})
