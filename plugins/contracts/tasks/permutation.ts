import { uniform } from "@parade/core"

/** Rounds enough for a permutation that shows no order. */
const rounds = 4

/**
 * The place of `index` in a random order of the integers below `size`: a keyed permutation, found without a list of
 * them (a Feistel network of 4 rounds, walked until it falls within the size).
 */
export const permuted = (index: number, size: number, seed: number, epoch: number): number => {
  const half = 2 ** Math.ceil(Math.log2(Math.max(2, size)) / 2)
  let value = index
  do {
    let left = Math.floor(value / half)
    let right = value % half
    for (let round = 0; round < rounds; round++) {
      const shift = Math.floor(uniform(seed, "noise", epoch * rounds + round, right) * half)
      ;[left, right] = [right, (left + shift) % half]
    }
    value = left * half + right
  } while (value >= size)
  return value
}
