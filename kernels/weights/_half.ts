const makeHalfTable = (): Float32Array => {
  const table = new Float32Array(65536)
  for (let bits = 0; bits < 65536; bits++) {
    const sign = bits & 0x8000 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const fraction = bits & 1023
    table[bits] =
      exponent === 0
        ? sign * fraction * 2 ** -24
        : exponent < 31
          ? sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
          : fraction === 0
            ? sign * Infinity
            : NaN
  }
  return table
}

let halfTable: Float32Array | undefined

/** The value of every half-precision bit pattern; 256 KB, made at first use. */
export const halfValues = (): Float32Array => (halfTable ??= makeHalfTable())

/** IEEE half precision to floats. */
export const floatsFromHalf = (bits: Uint16Array, out: Float32Array): Float32Array => {
  const table = halfValues()
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!
  return out
}

/** bfloat16 to floats: the upper half of a single. */
export const floatsFromBrain = (bits: Uint16Array, out: Float32Array): Float32Array => {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length)
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16
  return out
}
