import { entropyOf } from "@parade/tasks"
import type { ListOperationName } from "./operations.ts"

/** `log2 n!`, summed, so that it stays exact to the last digits for long lists. */
const logFactorial = (n: number): number => {
  let sum = 0
  for (let i = 2; i <= n; i++) sum += Math.log2(i)
  return sum
}

/** `log2(n! − 1)`, which for long lists is `log2 n!`. */
const logOtherOrders = (n: number): number => {
  const all = logFactorial(n)
  return all > 50 ? all : Math.log2(2 ** all - 1)
}

/** Of `n! − 1` orders, all but the one given: an item stands at its old place a little more rarely. */
const shuffle = (n: number): number => {
  const identity = 2 ** -logFactorial(n)
  const own = (1 / n - identity) / (1 - identity)
  const marginal = entropyOf([own, ...Array.from({ length: n - 1 }, () => (1 - own) / (n - 1))])
  return n * marginal - logOtherOrders(n)
}

const sumOver = (count: number, bits: (i: number) => number): number => {
  let sum = 0
  for (let i = 0; i < count; i++) sum += bits(i)
  return sum
}

const correlations: Partial<Record<ListOperationName, (n: number) => number>> = {
  shuffle,
  "replace-random": (n) => sumOver(n, () => entropyOf([1, n - 1])) - Math.log2(n),
  "insert-random": (n) => sumOver(n + 1, (i) => entropyOf([1, n - i, i])) - Math.log2(n + 1),
  "remove-random": (n) => sumOver(n - 1, (i) => entropyOf([i + 1, n - i - 1])) - Math.log2(n),
}

/**
 * Bits that drawing all items of the answer at once must lose, for a list of `n` items: `C(Y|X)` of ParallelBench
 * (arXiv 2510.04767; insert and remove follow from the definition). 0 where there is one right answer.
 */
export const listCorrelation = (operation: ListOperationName, n: number): number =>
  correlations[operation]?.(n) ?? 0

/** Bits that an answer decides, for a list of `n` items. */
export const listEntropy = (operation: ListOperationName, n: number): number => {
  if (operation === "shuffle") return logOtherOrders(n)
  if (operation === "insert-random") return Math.log2(n + 1)
  return operation === "replace-random" || operation === "remove-random" ? Math.log2(n) : 0
}

/**
 * Bits that a shuffle (the identity allowed) must lose when drawn in steps of these sizes, in any order of places:
 * `L_T = Σ s_t log k_t − log n!` with `k_t` items left before step `t`.
 */
export const shuffleStepLoss = (sizes: readonly number[]): number => {
  const n = sizes.reduce((sum, size) => sum + size, 0)
  let left = n
  let bits = -logFactorial(n)
  for (const size of sizes) {
    bits += size * Math.log2(left)
    left -= size
  }
  return bits
}

/** Bits that replacing at random must lose when drawn in steps of these sizes, in any order of places. */
export const replaceRandomStepLoss = (sizes: readonly number[]): number => {
  const n = sizes.reduce((sum, size) => sum + size, 0)
  let left = n
  let bits = 0
  for (const size of sizes) {
    // The new item is still to come with probability left/n; then it is at each open place alike.
    const apart = size * entropyOf([1, left - 1])
    const together = entropyOf([...Array.from({ length: size }, () => 1), left - size])
    bits += (left / n) * (apart - together)
    left -= size
  }
  return bits
}
