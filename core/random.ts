/**
 * What a draw is for. Draws for different purposes are independent even at the same position.
 * `token`: a token of the text. `proposal`: a drafted token. `accept`: an acceptance test.
 * `residual`: the token after a rejection. `noise`: anything else.
 */
export type Purpose = "token" | "proposal" | "accept" | "residual" | "noise"

const purposeWord: Readonly<Record<Purpose, number>> = {
  token: 1,
  proposal: 2,
  accept: 3,
  residual: 4,
  noise: 5,
}

/** The high 32 bits of a 32 × 32 bit product. */
const multiplyHigh = (a: number, b: number): number => {
  const a0 = a & 0xffff
  const a1 = a >>> 16
  const b0 = b & 0xffff
  const b1 = b >>> 16
  const low = a0 * b0
  const middle = a1 * b0 + (low >>> 16)
  const middle2 = a0 * b1 + (middle & 0xffff)
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(middle2 / 0x10000)) >>> 0
}

/**
 * A uniform number in [0, 1) with 53 bits, a pure function of its arguments: the counter-based generator Philox4x32
 * with 10 rounds (Salmon et al., 2011), keyed by the seed. Same seed, same text, for any decoder that preserves the
 * distribution, because nothing depends on how often or in which order numbers were drawn.
 *
 * `position` is the index of the token in the sequence. `attempt` tells apart draws that a method makes again for the
 * same position; it comes from the decoding state, never from a count of forwards.
 *
 * @example
 * ```ts
 * import { uniform } from "@parade/core"
 *
 * const u = uniform(42, "token", 7)
 * console.assert(u === uniform(42, "token", 7) && u >= 0 && u < 1)
 * ```
 */
export const uniform = (seed: number, purpose: Purpose, position: number, attempt = 0): number => {
  let c0 = position >>> 0
  let c1 = attempt >>> 0
  let c2 = purposeWord[purpose]
  let c3 = Math.floor(position / 0x100000000) >>> 0
  let k0 = seed >>> 0
  let k1 = Math.floor(seed / 0x100000000) >>> 0
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0)
    const low0 = Math.imul(0xd2511f53, c0) >>> 0
    const high1 = multiplyHigh(0xcd9e8d57, c2)
    const low1 = Math.imul(0xcd9e8d57, c2) >>> 0
    c0 = (high1 ^ c1 ^ k0) >>> 0
    c1 = low1
    c2 = (high0 ^ c3 ^ k1) >>> 0
    c3 = low0
    k0 = (k0 + 0x9e3779b9) >>> 0
    k1 = (k1 + 0xbb67ae85) >>> 0
  }
  return ((c0 >>> 5) * 0x4000000 + (c1 >>> 6)) / 0x20000000000000
}
