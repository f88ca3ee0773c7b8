import { createHash } from "node:crypto"
import type { Checkpoint } from "@parade/weights"

/** Values as bfloat16 has them, which every form of a checkpoint keeps of its vectors. */
const rounded = (values: Float32Array): Uint16Array => {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  return Uint16Array.from(bits, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16)
}

/**
 * Names the weights of a checkpoint by its norms and biases: no form of quantisation changes them, and every further training
 * does. Adapters leave them as they are.
 */
export const weightsFingerprint = ({ tensors }: Pick<Checkpoint, "tensors">): string => {
  const hash = createHash("sha256")
  const vectors = [...tensors.values()].filter(
    ({ name, shape }) => shape.length === 1 && !/rope|rotary/.test(name),
  )
  for (const tensor of vectors.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
    hash.update(tensor.name).update(rounded(tensor.values()))
  return hash.digest("hex").slice(0, 16)
}
