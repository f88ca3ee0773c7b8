import type { Matrix, RowMatrix } from "./matrix.ts"

/**
 * `scale · (code − zero) + offset` for codes of 4 or 8 bits (low half first) in blocks along the rows of a matrix;
 * without zeros, the middle of the code range, without offsets, 0. Rounded to float32.
 */
export const dequantize = (
  codes: Uint8Array,
  scales: Float32Array,
  zeros: Uint8Array | undefined,
  bits: 4 | 8,
  block: number,
  offsets?: Float32Array,
): Float32Array => {
  const values = new Float32Array((codes.length * 8) / bits)
  for (let at = 0, i = 0; i < values.length; at++) {
    const scale = scales[at]!
    const zero = zeros === undefined ? 2 ** (bits - 1) : zeros[at]!
    // Adding −0 leaves every number as it is, −0 among them.
    const offset = offsets === undefined ? -0 : offsets[at]!
    const end = i + block
    if (bits === 8) for (; i < end; i++) values[i] = scale * (codes[i]! - zero) + offset
    else for (; i < end; i++) values[i] = scale * (((codes[i >> 1]! >> ((i & 1) * 4)) & 15) - zero) + offset
  }
  return values
}

/** A matrix held in blocks as floats `[rows, columns]`. */
export const dequantizeBlocks = (matrix: Extract<Matrix, { kind: "blocks" }>): Float32Array => {
  const { codes, scales, zeros, offsets } = matrix.parts()
  return dequantize(codes, scales, zeros, matrix.bits, matrix.block, offsets)
}

/** A matrix with one scale per row as floats `[rows, columns]`. */
export const dequantizeRows = ({ rows, columns, factors, parts }: RowMatrix): Float32Array => {
  const { codes, scales } = parts()
  const factor = factors?.values()
  const values = new Float32Array(rows * columns)
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++)
      values[i] = scales[row]! * codes[column * rows + row]! * (factor?.[column] ?? 1)
  return values
}
