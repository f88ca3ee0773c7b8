import { type Distribution, pointDistribution, type Support, type TopK } from "@parade/core"

/** `p̂(v) ∝ p(v) · g(v)` with `g = 1` for all but a few tokens and never less, computed without touching the others. */
class Fused implements Distribution {
  readonly size: number
  readonly #base: Distribution
  readonly #factors: ReadonlyMap<number, number>
  /** `Σ p(v) g(v)`. */
  readonly #total: number

  constructor(base: Distribution, factors: ReadonlyMap<number, number>) {
    this.size = base.size
    this.#base = base
    this.#factors = factors
    let total = 1
    for (const [token, factor] of factors) total += (factor - 1) * base.probability(token)
    this.#total = total
  }

  get point(): number | undefined {
    return this.#base.point
  }

  probability(token: number): number {
    return (this.#base.probability(token) * (this.#factors.get(token) ?? 1)) / this.#total
  }

  /** The likeliest of the tokens, lowest id at ties. */
  #sorted(tokens: Iterable<number>): readonly (readonly [token: number, probability: number])[] {
    return [...new Set(tokens)]
      .map((token) => [token, this.probability(token)] as const)
      .filter(([, probability]) => probability > 0)
      .sort(([a, p], [b, q]) => q - p || a - b)
  }

  argmax(): number {
    let best = this.#base.argmax()
    let highest = this.probability(best)
    for (const token of this.#factors.keys()) {
      const probability = this.probability(token)
      if (probability > highest || (probability === highest && token < best)) {
        best = token
        highest = probability
      }
    }
    return best
  }

  topK(k: number): TopK {
    // No factor is below 1, so a token without one is among the k likeliest only if it was before.
    const base = this.#base.topK(k).tokens
    const sorted = this.#sorted([...this.#factors.keys(), ...base]).slice(0, k)
    return {
      tokens: Int32Array.from(sorted, ([token]) => token),
      probabilities: Float64Array.from(sorted, ([, probability]) => probability),
    }
  }

  entropy(): number {
    // −Σ p̂ ln p̂, of which the tokens without a factor are known from the entropy of the base.
    let plainSum = -this.#base.entropy()
    let plainMass = 1
    let sum = 0
    for (const token of this.#factors.keys()) {
      const p = this.#base.probability(token)
      if (p === 0) continue
      const fused = this.probability(token)
      plainSum -= p * Math.log(p)
      plainMass -= p
      sum += fused * Math.log(fused)
    }
    return Math.max(0, (plainMass * Math.log(this.#total) - plainSum) / this.#total - sum)
  }

  draw(u: number): number {
    const { tokens, probabilities } = this.support()
    let cumulative = 0
    for (let i = 0; i < tokens.length; i++) {
      cumulative += probabilities[i]!
      if (cumulative > u) return tokens[i]!
    }
    return tokens.at(-1)!
  }

  support(): Support {
    const { tokens } = this.#base.support()
    return { tokens, probabilities: Float64Array.from(tokens, (token) => this.probability(token)) }
  }
}

/** A distribution with some tokens weighed by factors of at least 1. */
export const fused = (base: Distribution, factors: ReadonlyMap<number, number>): Distribution =>
  factors.size === 0 ? base : new Fused(base, factors)

/** What a greedy sampler says of a fused distribution. */
export const greedyPoint = (raw: Distribution): Distribution => pointDistribution(raw.size, raw.argmax())
