import { decodeBlocks, groupValues, makeGroups, type Quantisation } from "./_quantisation.ts"

/** Blocks decoded at a time: enough to amortise the call, few enough to stay in the first cache. */
const chunkElements = 4096

/** The values of whole blocks as floats. */
export const dequantise = (form: Quantisation, bytes: Uint8Array): Float32Array => {
  const blocks = bytes.length / form.bytes
  const out = new Float32Array(blocks * form.elements)
  const perChunk = chunkElements / form.elements
  const groups = makeGroups(form, perChunk)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let block = 0; block < blocks; block += perChunk) {
    const count = Math.min(perChunk, blocks - block)
    decodeBlocks(form, bytes, view, block, count, groups)
    groupValues(form, groups, count * form.elements, out, block * form.elements)
  }
  return out
}
