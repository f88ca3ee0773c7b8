import { philox } from "./_philox.ts"

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
  const [a, b] = philox(
    [position >>> 0, attempt >>> 0, purposeWord[purpose], Math.floor(position / 0x100000000) >>> 0],
    [seed >>> 0, Math.floor(seed / 0x100000000) >>> 0],
  )
  return ((a >>> 5) * 0x4000000 + (b >>> 6)) / 0x20000000000000
}
