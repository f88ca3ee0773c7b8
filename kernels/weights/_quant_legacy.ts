import { halfAt, type Quantisation } from "./_quantisation.ts"

/** Nibbles as GGUF keeps them: element `j` low and `j + half` high in byte `j`. */
const decodeNibbles = (bytes: Uint8Array, at: number, codes: Int8Array, code: number, less: number): void => {
  for (let j = 0; j < 16; j++) {
    const byte = bytes[at + j]!
    codes[code + j] = (byte & 15) - less
    codes[code + j + 16] = (byte >> 4) - less
  }
}

/** Nibbles with a fifth bit each, element `j` in bit `j` of the word before them. */
const decodeFiveBits = (
  bytes: Uint8Array,
  at: number,
  codes: Int8Array,
  code: number,
  less: number,
): void => {
  const high = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
  for (let j = 0; j < 16; j++) {
    const byte = bytes[at + 4 + j]!
    codes[code + j] = ((byte & 15) | (((high >>> j) & 1) << 4)) - less
    codes[code + j + 16] = ((byte >> 4) | (((high >>> (j + 16)) & 1) << 4)) - less
  }
}

const common = { elements: 32, group: 32 } as const

/** `d · (q − 8)`. */
export const Q4_0: Quantisation = {
  ...common,
  name: "Q4_0",
  bytes: 18,
  hasMinima: false,
  range: [-8, 7],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    decodeNibbles(bytes, at + 2, out.codes, code, 8)
  },
}

/** `d · q + m`. */
export const Q4_1: Quantisation = {
  ...common,
  name: "Q4_1",
  bytes: 20,
  hasMinima: true,
  range: [0, 15],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    out.minima[group] = halfAt(bytes, at + 2)
    decodeNibbles(bytes, at + 4, out.codes, code, 0)
  },
}

/** `d · (q − 16)`, five bits. */
export const Q5_0: Quantisation = {
  ...common,
  name: "Q5_0",
  bytes: 22,
  hasMinima: false,
  range: [-16, 15],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    decodeFiveBits(bytes, at + 2, out.codes, code, 16)
  },
}

/** `d · q + m`, five bits. */
export const Q5_1: Quantisation = {
  ...common,
  name: "Q5_1",
  bytes: 24,
  hasMinima: true,
  range: [0, 31],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    out.minima[group] = halfAt(bytes, at + 2)
    decodeFiveBits(bytes, at + 4, out.codes, code, 0)
  },
}

/** `d · q`, eight signed bits. */
export const Q8_0: Quantisation = {
  ...common,
  name: "Q8_0",
  bytes: 34,
  hasMinima: false,
  range: [-128, 127],
  decode: (bytes, at, out, code, group) => {
    out.scales[group] = halfAt(bytes, at)
    for (let j = 0; j < 32; j++) out.codes[code + j] = bytes[at + 2 + j]!
  },
}
