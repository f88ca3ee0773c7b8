import type { WeightTensor } from "./tensor.ts"

/** About how many bytes are read at a time, so that no second copy of a matrix is held. */
const chunkBytes = 1 << 20

/** Walks the bytes of a tensor in chunks of whole `unit`s; `index` counts units before the chunk. */
export const forEachChunk = (
  tensor: WeightTensor,
  unit: number,
  body: (bytes: Uint8Array<ArrayBuffer>, index: number, count: number) => void,
): void => {
  const step = Math.max(1, Math.floor(chunkBytes / unit)) * unit
  for (let at = 0; at < tensor.byteLength; at += step) {
    const bytes = tensor.bytes(at, Math.min(at + step, tensor.byteLength))
    body(bytes, at / unit, bytes.length / unit)
  }
}
