import { makeTensor } from "./_tensor.ts"
import { shortHash } from "./_hash.ts"
import type { WeightTensor } from "./tensor.ts"

/** The same tensor under another name. */
export const renamed = (tensor: WeightTensor, name: string): WeightTensor => ({ ...tensor, name })

/** The slice at `index` along the slowest dimension. */
export const sliceOf = (tensor: WeightTensor, index: number, name: string): WeightTensor => {
  const byteLength = tensor.byteLength / tensor.shape[0]!
  const start = index * byteLength
  return makeTensor({
    name,
    shape: tensor.shape.slice(1),
    type: tensor.type,
    quantisation: tensor.quantisation,
    byteLength,
    identity: `${tensor.identity}[${index}]`,
    read: (begin, end) => tensor.bytes(start + begin, start + end),
  })
}

/** The rows in another order. A row is whole blocks, so blocks stay what they are. */
export const reordered = (tensor: WeightTensor, order: Int32Array, name: string): WeightTensor => {
  const width = tensor.byteLength / order.length
  return makeTensor({
    name,
    shape: tensor.shape,
    type: tensor.type,
    quantisation: tensor.quantisation,
    byteLength: tensor.byteLength,
    identity: `${tensor.identity}|order ${shortHash(new Uint8Array(order.buffer))}`,
    read: (begin, end) => {
      const first = Math.floor(begin / width)
      const last = Math.ceil(end / width)
      const wanted = order.subarray(first, last)
      const from = wanted.reduce((least, row) => Math.min(least, row), order.length)
      const to = wanted.reduce((most, row) => Math.max(most, row + 1), from)
      const rows = tensor.bytes(from * width, to * width)
      const out = new Uint8Array(wanted.length * width)
      for (let i = 0; i < wanted.length; i++)
        out.set(rows.subarray((wanted[i]! - from) * width, (wanted[i]! - from + 1) * width), i * width)
      return out.slice(begin - first * width, end - first * width)
    },
  })
}

/** Floats with a constant added. */
export const shifted = (tensor: WeightTensor, by: number, name: string): WeightTensor => {
  const byteLength = tensor.shape.reduce((product, size) => product * size, 4)
  const values = (): Float32Array => tensor.values().map((value) => value + by)
  return makeTensor({
    name,
    shape: tensor.shape,
    type: "F32",
    quantisation: undefined,
    byteLength,
    identity: `${tensor.identity}|+${by}`,
    read: (begin, end) => new Uint8Array(values().buffer as ArrayBuffer).slice(begin, end),
  })
}
