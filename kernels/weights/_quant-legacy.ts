import { halfAt, lower, type Quantisation } from "./_quantisation.ts"

const lowNibbles = 0x0f0f0f0f

/** Nibbles as GGUF keeps them: element `j` low and `j + 16` high in byte `j`. */
const decodeNibbles = (view: DataView, at: number, words: Uint32Array, code: number, less: number): void => {
  for (let j = 0; j < 4; j++) {
    const word = view.getUint32(at + 4 * j, true)
    words[code / 4 + j] = lower(word & lowNibbles, less)
    words[code / 4 + j + 4] = lower((word >>> 4) & lowNibbles, less)
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
  decode: (bytes, at, out, code, group, view) => {
    out.scales[group] = halfAt(bytes, at)
    decodeNibbles(view, at + 2, out.words, code, 0x08080808)
  },
}

/** `d · q + m`. */
export const Q4_1: Quantisation = {
  ...common,
  name: "Q4_1",
  bytes: 20,
  hasMinima: true,
  range: [0, 15],
  decode: (bytes, at, out, code, group, view) => {
    out.scales[group] = halfAt(bytes, at)
    out.minima[group] = halfAt(bytes, at + 2)
    decodeNibbles(view, at + 4, out.words, code, 0)
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
  decode: (bytes, at, out, code, group, view) => {
    out.scales[group] = halfAt(bytes, at)
    for (let j = 0; j < 8; j++) out.words[code / 4 + j] = view.getUint32(at + 2 + 4 * j, true)
  },
}
