import type { Distribution, Purpose, VerifyInput } from "@parade/core"

/** What a verification leaves to chance; keyed numbers in use, every branch in turn under an enumeration. */
export interface Chances {
  /** Whether a proposal of probability `q` is accepted where `p` is wanted: with probability min(1, p / q). */
  readonly accept: (p: number, q: number, position: number, trial: number) => boolean
  /** A token from the distribution. */
  readonly draw: (distribution: Distribution, purpose: Purpose, position: number) => number
}

/**
 * Chances from keyed uniform numbers. The test is `u·q < p`, strict and without a division: `p = 0` is never accepted
 * because `u` may be 0, and `p ≥ q` always is because `u` is below 1.
 */
export const keyedChances = (uniform: VerifyInput["uniform"]): Chances => ({
  accept: (p, q, position, trial) => uniform("accept", position, trial) * q < p,
  draw: (distribution, purpose, position) => distribution.draw(uniform(purpose, position)),
})
