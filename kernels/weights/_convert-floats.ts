import { forEachChunk } from "./_chunks.ts"
import { elements } from "./_element.ts"
import { isFinite, notFinite } from "./_finite.ts"
import { decodeValues } from "./_tensor.ts"
import type { WeightTensor } from "./tensor.ts"

const block = 32

/** Eight bits around 128: the greatest magnitude of a block becomes ±127. */
export const quantise8 = (
  values: Float32Array,
  at: number,
  count: number,
  codes: Uint8Array,
  code: number,
): number => {
  let greatest = 0
  for (let i = 0; i < count; i++) greatest = Math.max(greatest, Math.abs(values[at + i]!))
  const scale = Math.fround(greatest / 127)
  const inverse = scale === 0 ? 0 : 1 / scale
  // Truncation after adding a half rounds, because the sum is positive.
  for (let i = 0; i < count; i++) codes[code + i] = values[at + i]! * inverse + 128.5
  return scale
}

/** Four bits around 8; of several scales near the obvious one, that with the least squared error. */
const quantise4 = (values: Float32Array, at: number, codes: Uint8Array, code: number): number => {
  let extreme = 0
  for (let i = 0; i < block; i++) if (Math.abs(values[at + i]!) > Math.abs(extreme)) extreme = values[at + i]!
  let best = 0
  let least = Infinity
  for (let step = -4; step <= 4; step++) {
    const inverse = extreme === 0 ? 0 : (-8 + step * 0.25) / extreme
    // The best scale for the codes that this scale gives is a projection.
    let products = 0
    let squares = 0
    let total = 0
    for (let i = 0; i < block; i++) {
      const value = values[at + i]!
      const level = Math.max(-8, Math.min(7, Math.round(value * inverse)))
      products += value * level
      squares += level * level
      total += value * value
    }
    const error = squares === 0 ? total : total - (products * products) / squares
    if (error < least) {
      least = error
      best = squares === 0 ? 0 : products / squares
    }
  }
  const scale = Math.fround(best)
  const inverse = scale === 0 ? 0 : 1 / scale
  for (let j = 0; j < block; j += 2) {
    const low = Math.max(-8, Math.min(7, Math.round(values[at + j]! * inverse))) + 8
    const high = Math.max(-8, Math.min(7, Math.round(values[at + j + 1]! * inverse))) + 8
    codes[code + j / 2] = low | (high << 4)
  }
  return scale
}

/** Rounds a tensor of whole blocks of 32 to 8 or 4 bits, without zeros. */
export const convertFloats = (
  tensor: WeightTensor,
  bits: 4 | 8,
): { readonly codes: Uint8Array; readonly scales: Float32Array } => {
  const count = tensor.shape.reduce((product, size) => product * size, 1)
  const codes = new Uint8Array((count * bits) / 8)
  const scales = new Float32Array(count / block)
  const { quantisation } = tensor
  const unit = quantisation === undefined ? block * elements.get(tensor.type)!.bytes : quantisation.bytes
  const perUnit = (quantisation?.elements ?? block) / block
  forEachChunk(tensor, unit, (bytes, index) => {
    const values = decodeValues(tensor, bytes)
    if (!isFinite(values)) throw notFinite(tensor)
    for (let i = 0, b = index * perUnit; i < values.length; i += block, b++)
      scales[b] =
        bits === 8
          ? quantise8(values, i, block, codes, b * block)
          : quantise4(values, i, codes, b * (block / 2))
  })
  return { codes, scales }
}
