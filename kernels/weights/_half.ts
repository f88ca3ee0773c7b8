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

const single = new Float32Array(1)
const singleBits = new Uint32Array(single.buffer)

/** The bits of `value` at 11 bits of precision, to nearest, ties to even; infinite beyond 65,519. */
const halfBits = (value: number): number => {
  single[0] = value
  const bits = singleBits[0]!
  const sign = (bits >>> 16) & 0x8000
  const magnitude = bits & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  // Below the smallest normal half the steps are of 2^-24; adding 1/2 puts the sum's last bit there.
  if (magnitude < 0x38800000) {
    single[0] = Math.abs(value) + 0.5
    return sign | (singleBits[0]! - 0x3f000000)
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** Floats to IEEE half precision, rounded to nearest. */
export const halfFromFloats = (values: ArrayLike<number>): Uint16Array =>
  Uint16Array.from({ length: values.length }, (_, i) => halfBits(values[i]!))
