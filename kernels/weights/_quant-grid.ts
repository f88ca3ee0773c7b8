import { iq1, iq2s, iq2xs, iq2xxs, iq3s, iq3xxs } from "./_quant-books.ts"
import { halfAt, type Quantisation } from "./_quantisation.ts"

// Quantisations whose indices name whole groups of 4 or 8 values in a code book.

const common = { elements: 256, hasMinima: false } as const

const wordAt = (bytes: Uint8Array, at: number): number =>
  (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0

const shortAt = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8)

/** Seven signs; the eighth makes their number even. */
const evenSigns = (seven: number): number => {
  let parity = seven ^ (seven >> 4)
  parity ^= parity >> 2
  parity ^= parity >> 1
  return seven | ((parity & 1) << 7)
}

/** Copies an entry of a code book, negated where `signs` has a bit. */
const copy = (
  book: Int8Array,
  from: number,
  count: number,
  signs: number,
  codes: Int8Array,
  to: number,
): void => {
  for (let j = 0; j < count; j++) codes[to + j] = (signs >> j) & 1 ? -book[from + j]! : book[from + j]!
}

export const IQ2_XXS: Quantisation = {
  ...common,
  name: "IQ2_XXS",
  bytes: 66,
  group: 32,
  range: [-43, 43],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 8; g++) {
      const word = wordAt(bytes, at + 2 + 8 * g + 4)
      out.scales[group + g] = d * (0.5 + (word >>> 28)) * 0.25
      for (let l = 0; l < 4; l++)
        copy(
          iq2xxs(),
          8 * bytes[at + 2 + 8 * g + l]!,
          8,
          evenSigns((word >>> (7 * l)) & 127),
          out.codes,
          code + 32 * g + 8 * l,
        )
    }
  },
}

export const IQ2_XS: Quantisation = {
  ...common,
  name: "IQ2_XS",
  bytes: 74,
  group: 16,
  range: [-43, 43],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 16; g++) {
      const scale = (bytes[at + 66 + (g >> 1)]! >> ((g & 1) << 2)) & 15
      out.scales[group + g] = d * (0.5 + scale) * 0.25
      for (let l = 0; l < 2; l++) {
        const index = shortAt(bytes, at + 2 + 4 * g + 2 * l)
        copy(iq2xs(), 8 * (index & 511), 8, evenSigns(index >> 9), out.codes, code + 16 * g + 8 * l)
      }
    }
  },
}

export const IQ2_S: Quantisation = {
  ...common,
  name: "IQ2_S",
  bytes: 82,
  group: 16,
  range: [-43, 43],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 16; g++) {
      const scale = (bytes[at + 74 + (g >> 1)]! >> ((g & 1) << 2)) & 15
      out.scales[group + g] = d * (0.5 + scale) * 0.25
    }
    for (let i = 0; i < 32; i++) {
      const high = (bytes[at + 66 + (i >> 2)]! >> ((i & 3) << 1)) & 3
      const index = bytes[at + 2 + i]! | (high << 8)
      copy(iq2s(), 8 * index, 8, bytes[at + 34 + i]!, out.codes, code + 8 * i)
    }
  },
}

export const IQ3_XXS: Quantisation = {
  ...common,
  name: "IQ3_XXS",
  bytes: 98,
  group: 32,
  range: [-62, 62],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 8; g++) {
      const word = wordAt(bytes, at + 66 + 4 * g)
      out.scales[group + g] = d * (0.5 + (word >>> 28)) * 0.5
      for (let l = 0; l < 8; l++) {
        const signs = evenSigns((word >>> (7 * (l >> 1))) & 127) >> ((l & 1) << 2)
        copy(iq3xxs(), 4 * bytes[at + 2 + 8 * g + l]!, 4, signs, out.codes, code + 32 * g + 4 * l)
      }
    }
  },
}

export const IQ3_S: Quantisation = {
  ...common,
  name: "IQ3_S",
  bytes: 110,
  group: 32,
  range: [-15, 15],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 8; g++)
      out.scales[group + g] = d * (1 + 2 * ((bytes[at + 106 + (g >> 1)]! >> ((g & 1) << 2)) & 15))
    for (let i = 0; i < 64; i++) {
      const index = bytes[at + 2 + i]! | (((bytes[at + 66 + (i >> 3)]! >> (i & 7)) & 1) << 8)
      const signs = bytes[at + 74 + (i >> 1)]! >> ((i & 1) << 2)
      copy(iq3s(), 4 * index, 4, signs, out.codes, code + 4 * i)
    }
  },
}

/** `book ± 1/8`, in eighths so that it is whole. */
const copyShifted = (index: number, lower: boolean, codes: Int8Array, to: number): void => {
  const book = iq1()
  for (let j = 0; j < 8; j++) codes[to + j] = 8 * book[8 * index + j]! + (lower ? -1 : 1)
}

export const IQ1_S: Quantisation = {
  ...common,
  name: "IQ1_S",
  bytes: 50,
  group: 32,
  range: [-9, 9],
  decode: (bytes, at, out, code, group) => {
    const d = halfAt(bytes, at)
    for (let g = 0; g < 8; g++) {
      const high = shortAt(bytes, at + 34 + 2 * g)
      out.scales[group + g] = (d * (2 * ((high >> 12) & 7) + 1)) / 8
      for (let l = 0; l < 4; l++) {
        const index = bytes[at + 2 + 4 * g + l]! | (((high >> (3 * l)) & 7) << 8)
        copyShifted(index, (high & 0x8000) !== 0, out.codes, code + 32 * g + 8 * l)
      }
    }
  },
}

export const IQ1_M: Quantisation = {
  ...common,
  name: "IQ1_M",
  bytes: 56,
  group: 16,
  range: [-9, 9],
  decode: (bytes, at, out, code, group) => {
    // The bits of the half-precision scale lie in the top nibbles of the four words of small scales.
    const top = (word: number): number => bytes[at + 49 + 2 * word]! >> 4
    const d = halfAt(Uint8Array.of(top(0) | (top(1) << 4), top(2) | (top(3) << 4)), 0)
    for (let g = 0; g < 16; g++) {
      const small = (shortAt(bytes, at + 48 + 2 * (g >> 2)) >> (3 * (g & 3))) & 7
      out.scales[group + g] = (d * (2 * small + 1)) / 8
      const high = bytes[at + 32 + g]!
      for (let l = 0; l < 2; l++) {
        const four = high >> (4 * l)
        const index = bytes[at + 2 * g + l]! | ((four & 7) << 8)
        copyShifted(index, (four & 8) !== 0, out.codes, code + 16 * g + 8 * l)
      }
    }
  },
}
