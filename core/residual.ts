import type { Distribution } from "./distribution.ts"
import { sparseDistribution } from "./weighted-distribution.ts"

/** Masses at or below it are rounding. */
const negligible = 1e-12

/**
 * What is left of `p` after a proposal drawn from `q` was rejected: the normalised positive part of `p − q`
 * (Leviathan et al., 2022; Chen et al., 2023). Where no more than rounding is left, which is only reachable by
 * rounding, it is `p` itself.
 */
export const residual = (p: Distribution, q: Distribution): Distribution => {
  if (p.point !== undefined) return p
  const { tokens, probabilities } = p.support()
  const weights = new Float64Array(tokens.length)
  let mass = 0
  for (let i = 0; i < tokens.length; i++) {
    const rest = probabilities[i]! - q.probability(tokens[i]!)
    if (rest > 0) {
      weights[i] = rest
      mass += rest
    }
  }
  return mass > negligible ? sparseDistribution(p.size, tokens, weights) : p
}

/**
 * `p` with `token` made impossible: the residual of a rejected point proposal, the next law of draws without
 * replacement. `undefined` where no more than rounding is left.
 */
export const without = (p: Distribution, token: number): Distribution | undefined => {
  if (p.point !== undefined) return p.point === token ? undefined : p
  if (p.probability(token) === 0) return p
  const { tokens, probabilities } = p.support()
  const weights = probabilities.slice()
  let mass = 0
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === token) weights[i] = 0
    else mass += weights[i]!
  }
  return mass > negligible ? sparseDistribution(p.size, tokens, weights) : undefined
}
