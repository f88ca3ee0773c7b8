import { halfAt, type Groups, type Quantisation } from "./_quantisation.ts"

// Super-blocks of 256 elements. The scales of their groups are small integers times a half-precision number.

const common = { elements: 256 } as const

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
  decode: (bytes, at, out, code, group) => {
    decodeSixBitScales(bytes, at, out, group)
    for (let pair = 0; pair < 4; pair++)
      for (let l = 0; l < 32; l++) {
        const byte = bytes[at + 16 + pair * 32 + l]!
        out.codes[code + pair * 64 + l] = byte & 15
        out.codes[code + pair * 64 + 32 + l] = byte >> 4
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
  decode: (bytes, at, out, code, group) => {
    decodeSixBitScales(bytes, at, out, group)
    for (let pair = 0; pair < 4; pair++)
      for (let l = 0; l < 32; l++) {
        const byte = bytes[at + 48 + pair * 32 + l]!
        const high = bytes[at + 16 + l]! >> (2 * pair)
        out.codes[code + pair * 64 + l] = (byte & 15) | ((high & 1) << 4)
        out.codes[code + pair * 64 + 32 + l] = (byte >> 4) | ((high & 2) << 3)
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
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at + 208)
    for (let g = 0; g < 16; g++) out.scales[group + g] = d * ((bytes[at + 192 + g]! << 24) >> 24)
    for (let half = 0; half < 2; half++) {
      const low = at + half * 64
      const high = at + 128 + half * 32
      const to = code + half * 128
      for (let l = 0; l < 32; l++) {
        const two = bytes[high + l]!
        const a = bytes[low + l]!
        const b = bytes[low + l + 32]!
        out.codes[to + l] = ((a & 15) | ((two & 3) << 4)) - 32
        out.codes[to + l + 32] = ((b & 15) | ((two & 12) << 2)) - 32
        out.codes[to + l + 64] = ((a >> 4) | (two & 48)) - 32
        out.codes[to + l + 96] = ((b >> 4) | ((two & 192) >> 2)) - 32
      }
    }
  },
}
