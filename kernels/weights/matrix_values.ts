import type { Matrix } from "@parade/graph"

/** What a matrix stands for, as floats `[rows, columns]`: `scale · (code − zero)` for blocks. */
export const matrixValues = (matrix: Matrix): Float32Array => {
  if (matrix.kind === "dense") return matrix.values()
  const { codes, scales, zeros } = matrix.parts()
  const { block, bits } = matrix
  const out = new Float32Array(matrix.rows * matrix.columns)
  for (let b = 0, i = 0; b < scales.length; b++) {
    const scale = scales[b]!
    const end = i + block
    if (bits === 8) {
      const zero = zeros === undefined ? 128 : zeros[b]!
      for (; i < end; i++) out[i] = scale * (codes[i]! - zero)
    } else
      for (; i < end; i += 2) {
        out[i] = scale * ((codes[i >> 1]! & 15) - 8)
        out[i + 1] = scale * ((codes[i >> 1]! >> 4) - 8)
      }
  }
  return out
}
