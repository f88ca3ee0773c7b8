import { halfAt, type Groups, lower, type Quantisation } from "./_quantisation.ts"

// Super-blocks of 256 elements. The scales of their groups are small integers times a half-precision number.

const common = { elements: 256 } as const

const lowNibbles = 0x0f0f0f0f

/** 32 in each byte. */
const middle = 0x20202020

/** Two bits: `d · s · q − e · m`, 16 groups of 16. */
export const Q2_K: Quantisation = {
  ...common,
  name: "Q2_K",
  bytes: 84,
  group: 16,
  hasMinima: true,
  range: [0, 3],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at + 80)
    const e = halfAt(bytes, at + 82)
    for (let g = 0; g < 16; g++) {
      out.scales[group + g] = d * (bytes[at + g]! & 15)
      out.minima[group + g] = -e * (bytes[at + g]! >> 4)
    }
    for (let i = 0; i < 256; i++) {
      const byte = bytes[at + 16 + ((i >> 7) << 5) + (i & 31)]!
      out.codes[code + i] = (byte >> (((i >> 5) & 3) << 1)) & 3
    }
  },
}

/** Three bits: `d · (s − 32) · (q − 4)`, 16 groups of 16; scales of six bits. */
export const Q3_K: Quantisation = {
  ...common,
  name: "Q3_K",
  bytes: 110,
  group: 16,
  hasMinima: false,
  range: [-4, 3],
  decode: (bytes, at, out, code, group) => {
    const packed = at + 96
    const d = halfAt(bytes, at + 108)
    for (let g = 0; g < 16; g++) {
      const low = g < 8 ? bytes[packed + g]! & 15 : bytes[packed + g - 8]! >> 4
      const high = (bytes[packed + 8 + (g & 3)]! >> ((g >> 2) << 1)) & 3
      out.scales[group + g] = d * ((low | (high << 4)) - 32)
    }
    for (let i = 0; i < 256; i++) {
      const low = (bytes[at + 32 + ((i >> 7) << 5) + (i & 31)]! >> (((i >> 5) & 3) << 1)) & 3
      const high = (bytes[at + (i & 31)]! >> (i >> 5)) & 1
      out.codes[code + i] = low - (high === 1 ? 0 : 4)
    }
  },
}

/** Eight scales and eight minima of six bits in twelve bytes, as Q4_K and Q5_K keep them. */
const decodeSixBitScales = (bytes: Uint8Array, at: number, out: Groups, group: number): void => {
  const d = halfAt(bytes, at)
  const e = halfAt(bytes, at + 2)
  const packed = at + 4
  for (let g = 0; g < 8; g++) {
    const first = g < 4
    const scale = first
      ? bytes[packed + g]! & 63
      : (bytes[packed + g + 4]! & 15) | ((bytes[packed + g - 4]! >> 6) << 4)
    const minimum = first
      ? bytes[packed + g + 4]! & 63
      : (bytes[packed + g + 4]! >> 4) | ((bytes[packed + g]! >> 6) << 4)
    out.scales[group + g] = d * scale
    out.minima[group + g] = -e * minimum
  }
}

/** Four bits: `d · s · q − e · m`, 8 groups of 32. */
export const Q4_K: Quantisation = {
  ...common,
  name: "Q4_K",
  bytes: 144,
  group: 32,
  hasMinima: true,
  range: [0, 15],
  decode: (bytes, at, out, code, group, view) => {
    decodeSixBitScales(bytes, at, out, group)
    for (let pair = 0; pair < 4; pair++)
      for (let w = 0, to = code / 4 + pair * 16; w < 8; w++, to++) {
        const four = view.getUint32(at + 16 + pair * 32 + 4 * w, true)
        out.words[to] = four & lowNibbles
        out.words[to + 8] = (four >>> 4) & lowNibbles
      }
  },
}

/** Five bits: `d · s · q − e · m`, 8 groups of 32. */
export const Q5_K: Quantisation = {
  ...common,
  name: "Q5_K",
  bytes: 176,
  group: 32,
  hasMinima: true,
  range: [0, 31],
  decode: (bytes, at, out, code, group, view) => {
    decodeSixBitScales(bytes, at, out, group)
    for (let pair = 0; pair < 4; pair++)
      for (let w = 0, to = code / 4 + pair * 16; w < 8; w++, to++) {
        const four = view.getUint32(at + 48 + pair * 32 + 4 * w, true)
        const high = view.getUint32(at + 16 + 4 * w, true) >>> (2 * pair)
        out.words[to] = (four & lowNibbles) | ((high & 0x01010101) << 4)
        out.words[to + 8] = ((four >>> 4) & lowNibbles) | ((high & 0x02020202) << 3)
      }
  },
}

/** Six bits: `d · s · (q − 32)`, 16 groups of 16; scales of eight signed bits. */
export const Q6_K: Quantisation = {
  ...common,
  name: "Q6_K",
  bytes: 210,
  group: 16,
  hasMinima: false,
  range: [-32, 31],
  decode: (bytes, at, out, code, group, view) => {
    const d = halfAt(bytes, at + 208)
    for (let g = 0; g < 16; g++) out.scales[group + g] = d * ((bytes[at + 192 + g]! << 24) >> 24)
    for (let half = 0; half < 2; half++)
      for (let w = 0, to = code / 4 + half * 32; w < 8; w++, to++) {
        const a = view.getUint32(at + half * 64 + 4 * w, true)
        const b = view.getUint32(at + half * 64 + 32 + 4 * w, true)
        const high = view.getUint32(at + 128 + half * 32 + 4 * w, true)
        out.words[to] = lower((a & lowNibbles) | ((high & 0x03030303) << 4), middle)
        out.words[to + 8] = lower((b & lowNibbles) | ((high & 0x0c0c0c0c) << 2), middle)
        out.words[to + 16] = lower(((a >>> 4) & lowNibbles) | (high & 0x30303030), middle)
        out.words[to + 24] = lower(((b >>> 4) & lowNibbles) | ((high & 0xc0c0c0c0) >>> 2), middle)
      }
  },
}
