const scratch = new DataView(new ArrayBuffer(4))

/** A number folded into a 32-bit hash by its float32 bits: equal floats, equal hashes. */
export const mix = (hash: number, value: number): number => {
  scratch.setFloat32(0, value)
  let h = Math.imul(hash ^ scratch.getUint32(0), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x27d4eb2f)
  return (h ^ (h >>> 15)) >>> 0
}

/** A hash as a number in [0, 1) with 24 bits, so that float32 holds it exactly. */
export const unit = (hash: number): number => (hash >>> 8) / 0x1000000

/** A stream of numbers in [0, 1), a pure function of the seed. */
export const stream = (seed: number): (() => number) => {
  let count = 0
  return () => unit(mix(mix(0x9e3779b9, seed), ++count))
}

/** The next number of a stream as an integer in [0, below). */
export const integer = (next: () => number, below: number): number => Math.floor(next() * below)
