import type { Matrix } from "./matrix.ts"

/**
 * `scale · (code − zero)` for codes of 4 or 8 bits (low half first) in blocks along the rows of a matrix; without
 * zeros, the middle of the code range. Rounded to float32.
 */
export const dequantize = (
  codes: Uint8Array,
  scales: Float32Array,
  zeros: Uint8Array | undefined,
  bits: 4 | 8,
  block: number,
): Float32Array => {
  const values = new Float32Array((codes.length * 8) / bits)
  for (let at = 0, i = 0; i < values.length; at++) {
    const scale = scales[at]!
    const zero = zeros === undefined ? 2 ** (bits - 1) : zeros[at]!
    const end = i + block
    if (bits === 8) for (; i < end; i++) values[i] = scale * (codes[i]! - zero)
    else for (; i < end; i++) values[i] = scale * (((codes[i >> 1]! >> ((i & 1) * 4)) & 15) - zero)
  }
  return values
}

/** A matrix held in blocks as floats `[rows, columns]`. */
export const dequantizeBlocks = (matrix: Extract<Matrix, { kind: "blocks" }>): Float32Array => {
  const { codes, scales, zeros } = matrix.parts()
  return dequantize(codes, scales, zeros, matrix.bits, matrix.block)
}
