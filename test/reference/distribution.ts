import type { Distribution } from "@parade/core"

/**
 * A distribution given by its probabilities, `[vocabulary]`, which need not be normalised; computed the plain way:
 * what lazy distributions are compared with.
 */
export const tableDistribution = (weights: ArrayLike<number>): Distribution => {
  const given = Float64Array.from(weights)
  const total = given.reduce((sum, p) => sum + p, 0)
  const p = given.map((weight) => weight / total)
  const support = Int32Array.from(p.keys()).filter((token) => p[token]! > 0)
  const probability = (token: number): number => p[token] ?? 0
  return {
    size: p.length,
    point: support.length === 1 ? support[0]! : undefined,
    argmax: () => support.reduce((best, token) => (p[token]! > p[best]! ? token : best), support[0]!),
    probability,
    topK(k) {
      const tokens = support.toSorted((a, b) => p[b]! - p[a]! || a - b).slice(0, k)
      return { tokens, probabilities: Float64Array.from(tokens, probability) }
    },
    entropy: () => -support.reduce((sum, token) => sum + p[token]! * Math.log(p[token]!), 0),
    draw(u) {
      let sum = 0
      for (const token of support) {
        sum += p[token]!
        if (u < sum) return token
      }
      return support.at(-1)!
    },
    support: () => ({ tokens: support, probabilities: Float64Array.from(support, probability) }),
  }
}
