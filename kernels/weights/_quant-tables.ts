import { halfAt, type Quantisation } from "./_quantisation.ts"

// Quantisations whose nibbles or trits index a fixed table.

const nonLinear = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113)

/** The values of a 4-bit float (E2M1), doubled so that they are whole. */
const fourBitFloats = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12)

/** `2 · half` nibbles in `half` bytes: element `j` low, `j + half` high. */
const lookUp = (
  table: Int8Array,
  bytes: Uint8Array,
  at: number,
  codes: Int8Array,
  code: number,
  half: number,
): void => {
  for (let j = 0; j < half; j++) {
    const byte = bytes[at + j]!
    codes[code + j] = table[byte & 15]!
    codes[code + j + half] = table[byte >> 4]!
  }
}

export const IQ4_NL: Quantisation = {
  name: "IQ4_NL",
  elements: 32,
  bytes: 18,
  group: 32,
  hasMinima: false,
  range: [-127, 113],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    lookUp(nonLinear, bytes, at + 2, out.codes, code, 16)
  },
}

export const IQ4_XS: Quantisation = {
  name: "IQ4_XS",
  elements: 256,
  bytes: 136,
  group: 32,
  hasMinima: false,
  range: [-127, 113],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    const high = bytes[at + 2]! | (bytes[at + 3]! << 8)
    for (let g = 0; g < 8; g++) {
      const low = (bytes[at + 4 + (g >> 1)]! >> ((g & 1) << 2)) & 15
      out.scales[group + g] = d * ((low | (((high >> (2 * g)) & 3) << 4)) - 32)
      lookUp(nonLinear, bytes, at + 8 + 16 * g, out.codes, code + 32 * g, 16)
    }
  },
}

/** One power of two for 32 elements. */
export const MXFP4: Quantisation = {
  name: "MXFP4",
  elements: 32,
  bytes: 17,
  group: 32,
  hasMinima: false,
  range: [-12, 12],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = 2 ** (bytes[at]! - 128)
    lookUp(fourBitFloats, bytes, at + 1, out.codes, code, 16)
  },
}

/** Half of an unsigned 8-bit float (E4M3); 0x7f counts as zero. */
const unsignedScale = (bits: number): number => {
  if (bits === 0x7f) return 0
  const exponent = (bits >> 3) & 15
  const fraction = bits & 7
  return (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7)) / 2
}

/** Four groups of 16, each with an 8-bit float as its scale. */
export const NVFP4: Quantisation = {
  name: "NVFP4",
  elements: 64,
  bytes: 36,
  group: 16,
  hasMinima: false,
  range: [-12, 12],
  decode: (bytes, at, out, code, group) => {
    for (let g = 0; g < 4; g++) {
      out.scales[group + g] = unsignedScale(bytes[at + g]!)
      lookUp(fourBitFloats, bytes, at + 4 + 8 * g, out.codes, code + 16 * g, 8)
    }
  },
}

/** Ternary, five to a byte: multiplying by powers of three brings each trit to the top. */
export const TQ1_0: Quantisation = {
  name: "TQ1_0",
  elements: 256,
  bytes: 54,
  group: 256,
  hasMinima: false,
  range: [-1, 1],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at + 52)
    let to = code
    for (const [from, count, trits] of [
      [0, 32, 5],
      [32, 16, 5],
      [48, 4, 4],
    ] as const)
      for (let trit = 0, power = 1; trit < trits; trit++, power *= 3)
        for (let j = 0; j < count; j++) {
          const top = (bytes[at + from + j]! * power) & 255
          out.codes[to++] = ((top * 3) >> 8) - 1
        }
  },
}

/** Ternary, four to a byte. */
export const TQ2_0: Quantisation = {
  name: "TQ2_0",
  elements: 256,
  bytes: 66,
  group: 256,
  hasMinima: false,
  range: [-1, 2],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at + 64)
    for (let i = 0; i < 256; i++) {
      const byte = bytes[at + ((i >> 7) << 5) + (i & 31)]!
      out.codes[code + i] = ((byte >> (((i >> 5) & 3) << 1)) & 3) - 1
    }
  },
}
