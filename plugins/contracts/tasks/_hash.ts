/** The finaliser of MurmurHash3: every bit of the word depends on every other. */
const mix = (word: number): number => {
  let h = word ^ (word >>> 16)
  h = Math.imul(h, 0x85ebca6b)
  h ^= h >>> 13
  h = Math.imul(h, 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}

/** 53 bits of a text, as an integer, the same on every platform; two multiplicative hashes over its UTF-16 units. */
export const hash = (text: string): number => {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 0x01000193)
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 15)
  }
  return (mix(a ^ (b >>> 7)) >>> 5) * 0x4000000 + (mix(b ^ text.length) >>> 6)
}
