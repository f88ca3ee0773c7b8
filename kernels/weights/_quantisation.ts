import { halfValues } from "./_half.ts"

/**
 * Room for decoded blocks: every quantisation of GGUF gives whole-number codes in groups that share a scale, and
 * `value = scale · code + minimum`.
 */
export interface Groups {
  readonly codes: Int8Array
  /** The codes four at a time. */
  readonly words: Uint32Array
  /** One per group. */
  readonly scales: Float32Array
  /** One per group; only where the quantisation has minima. */
  readonly minima: Float32Array
}

/** One block format. */
export interface Quantisation {
  readonly name: string
  /** Elements in a block. */
  readonly elements: number
  /** Bytes of a block. */
  readonly bytes: number
  /** Elements that share a scale. */
  readonly group: 16 | 32 | 256
  readonly hasMinima: boolean
  /** The least and greatest code. */
  readonly range: readonly [least: number, greatest: number]
  /** Decodes the block at `at` to the codes from `code` and the groups from `group` on; `view` is over `bytes`. */
  readonly decode: (
    bytes: Uint8Array,
    at: number,
    out: Groups,
    code: number,
    group: number,
    view: DataView,
  ) => void
}

/** The half-precision number at a byte. */
export const halfAt = (bytes: Uint8Array, at: number): number =>
  halfValues()[bytes[at]! | (bytes[at + 1]! << 8)]!

/** Room for `count` blocks. */
export const makeGroups = (form: Quantisation, count: number): Groups => {
  const groups = (count * form.elements) / form.group
  const codes = new Int8Array(count * form.elements)
  return {
    codes,
    words: new Uint32Array(codes.buffer),
    scales: new Float32Array(groups),
    minima: new Float32Array(form.hasMinima ? groups : 0),
  }
}

/** Decoded values, rounded as single-precision arithmetic rounds them. */
export const groupValues = (
  form: Quantisation,
  groups: Groups,
  count: number,
  out: Float32Array,
  at: number,
): void => {
  const { codes, scales, minima } = groups
  const { group } = form
  for (let g = 0, i = 0; i < count; g++) {
    const scale = scales[g]!
    const end = i + group
    if (form.hasMinima) {
      const minimum = minima[g]!
      for (; i < end; i++) out[at + i] = Math.fround(scale * codes[i]!) + minimum
    } else for (; i < end; i++) out[at + i] = scale * codes[i]!
  }
}

/** Four bytes, each lowered by `less` (a byte in each of its places); they may become negative. */
export const lower = (word: number, less: number): number => ((word | 0x80808080) - less) ^ 0x80808080

/** Decodes `count` blocks from the one numbered `block`, to the start of `out`. */
export const decodeBlocks = (
  form: Quantisation,
  bytes: Uint8Array,
  view: DataView,
  block: number,
  count: number,
  out: Groups,
): void => {
  const perBlock = form.elements / form.group
  for (let i = 0; i < count; i++)
    form.decode(bytes, (block + i) * form.bytes, out, i * form.elements, i * perBlock, view)
}
