import { forEachChunk } from "./_chunks.ts"
import { quantise8 } from "./_convert-floats.ts"
import { isFinite, notFinite } from "./_finite.ts"
import { bins, type Factors, factorsFor } from "./_minimum-factors.ts"
import { decodeBlocks, type Groups, makeGroups, type Quantisation } from "./_quantisation.ts"
import type { WeightTensor } from "./tensor.ts"

interface Parts {
  readonly codes: Uint8Array
  readonly scales: Float32Array
  readonly zeros?: Uint8Array
  readonly offsets?: Float32Array
}

/** The fewest bits that hold the codes of a quantisation as they are. Minima need 8. */
export const exactBits = ({ range: [least, greatest], hasMinima }: Quantisation): 4 | 8 =>
  !hasMinima && least >= -8 && greatest <= 7 ? 4 : 8

/** Whether 4-bit codes and an offset per block hold a quantisation as it is. */
export const fitsOffsets = ({ range: [least, greatest], hasMinima }: Quantisation): boolean =>
  hasMinima && least >= 0 && greatest <= 15

/** Codes around 128: a flipped sign bit each, four at a time. */
const shiftCodes = (words: Uint32Array, count: number, out: Uint32Array, at: number): void => {
  for (let i = 0; i < count; i++) out[at + i] = words[i]! ^ 0x80808080
}

/** Codes around 8, two to a byte, the first one low. */
const packCodes = (codes: Int8Array, count: number, out: Uint8Array, at: number): void => {
  for (let i = 0; i < count; i += 2) out[at + i / 2] = (codes[i]! + 8) | ((codes[i + 1]! + 8) << 4)
}

/** Codes from 0, two to a byte; a code of 0 stands for `offset − 8 · scale`, which is the minimum. */
const packWithOffsets = (
  { codes, scales, minima }: Groups,
  { group }: Quantisation,
  groups: number,
  out: Parts & { readonly offsets: Float32Array },
  first: number,
): void => {
  const at = (first * group) / 2
  for (let i = 0; i < groups * group; i += 2) out.codes[at + i / 2] = codes[i]! | (codes[i + 1]! << 4)
  for (let g = 0; g < groups; g++) {
    out.scales[first + g] = scales[g]!
    out.offsets[first + g] = minima[g]! + 8 * scales[g]!
  }
}

/** Groups with a minimum: codes times a small factor, and the zero that then meets the minimum best. */
const multiplyCodes = (
  { codes, words: from, scales, minima }: Groups,
  { group, range }: Quantisation,
  factors: Factors,
  groups: number,
  out: Parts & { readonly words: Uint32Array; readonly zeros: Uint8Array },
  first: number,
): void => {
  const to = out.words
  const words = group / 4
  const greatest = range[1]
  for (let g = 0; g < groups; g++) {
    const scale = scales[g]!
    const zero = -minima[g]! / scale
    const at = (first + g) * words
    if (zero >= 0 && zero <= greatest) {
      const whole = zero | 0
      const factor = factors[((zero - whole) * bins) | 0]!
      // No product exceeds 255, so four of them do not touch each other.
      for (let w = 0; w < words; w++) to[at + w] = Math.imul(from[g * words + w]!, factor)
      out.scales[first + g] = scale / factor
      out.zeros[first + g] = (zero * factor + 0.5) | 0
    } else {
      const values = new Float32Array(group)
      for (let i = 0; i < group; i++) values[i] = Math.fround(scale * codes[g * group + i]!) + minima[g]!
      out.scales[first + g] = quantise8(values, 0, group, out.codes, (first + g) * group)
      out.zeros[first + g] = 128
    }
  }
}

const blocksPerChunk = 16

/** The blocks of a tensor in the form matrices have; see `MatrixDtype` for what is exact. */
export const convertBlocks = (tensor: WeightTensor, form: Quantisation, bits: 4 | 8): Parts => {
  const blocks = tensor.byteLength / form.bytes
  const perBlock = form.elements / form.group
  const codes = new Uint8Array((blocks * form.elements * bits) / 8)
  const words = new Uint32Array(codes.buffer, 0, codes.length >> 2)
  const scales = new Float32Array(blocks * perBlock)
  const zeros = form.hasMinima && bits === 8 ? new Uint8Array(blocks * perBlock) : undefined
  const offsets = form.hasMinima && bits === 4 ? new Float32Array(blocks * perBlock) : undefined
  const groups = makeGroups(form, blocksPerChunk)
  const factors = factorsFor(form.range[1])
  forEachChunk(tensor, form.bytes, (bytes, index, count) => {
    const view = new DataView(bytes.buffer)
    for (let done = 0; done < count; done += blocksPerChunk) {
      const some = Math.min(blocksPerChunk, count - done)
      decodeBlocks(form, bytes, view, done, some, groups)
      const first = (index + done) * perBlock
      const at = (index + done) * form.elements
      if (offsets !== undefined)
        packWithOffsets(groups, form, some * perBlock, { codes, scales, offsets }, first)
      else if (zeros !== undefined)
        multiplyCodes(groups, form, factors, some * perBlock, { codes, words, scales, zeros }, first)
      else {
        if (bits === 8) shiftCodes(groups.words, (some * form.elements) / 4, words, at / 4)
        else packCodes(groups.codes, some * form.elements, codes, at / 2)
        scales.set(groups.scales.subarray(0, some * perBlock), first)
      }
    }
  })
  if (!isFinite(scales) || (offsets !== undefined && !isFinite(offsets))) throw notFinite(tensor)
  return { codes, scales, ...(zeros && { zeros }), ...(offsets && { offsets }) }
}
