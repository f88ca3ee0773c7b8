import { argmax, nothingPossible } from "./argmax.ts"
import type { Distribution, Support, TopK } from "./distribution.ts"
import { DecodeError } from "./error.ts"
import { largest } from "./largest.ts"
import { pointDistribution } from "./point-distribution.ts"

/** Weights of the tokens listed, of all tokens in order where no list is given. */
class Weighted implements Distribution {
  readonly size: number
  readonly point: undefined = undefined
  readonly #tokens: Int32Array | undefined
  readonly #weights: Float64Array
  readonly #total: number
  #support: Support | undefined

  constructor(size: number, tokens: Int32Array | undefined, weights: Float64Array, total: number) {
    this.size = size
    this.#tokens = tokens
    this.#weights = weights
    this.#total = total
  }

  #token(index: number): number {
    return this.#tokens === undefined ? index : this.#tokens[index]!
  }

  argmax(): number {
    return this.#token(argmax(this.#weights))
  }

  probability(token: number): number {
    const index = this.#tokens === undefined ? token : indexOf(this.#tokens, token)
    return (this.#weights[index] ?? 0) / this.#total
  }

  topK(k: number): TopK {
    let indices = largest(this.#weights, k)
    const possible = indices.findIndex((index) => this.#weights[index] === 0)
    if (possible >= 0) indices = indices.subarray(0, possible)
    return {
      tokens: indices.map((index) => this.#token(index)),
      probabilities: Float64Array.from(indices, (index) => this.#weights[index]! / this.#total),
    }
  }

  entropy(): number {
    let sum = 0
    for (const weight of this.#weights) if (weight > 0) sum += weight * Math.log(weight / this.#total)
    return -sum / this.#total
  }

  draw(u: number): number {
    const weights = this.#weights
    const target = u * this.#total
    let cumulative = 0
    let last = -1
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!
      if (weight > 0) {
        cumulative += weight
        last = i
        if (cumulative > target) break
      }
    }
    return this.#token(last)
  }

  support(): Support {
    return (this.#support ??= this.#makeSupport())
  }

  #makeSupport(): Support {
    let count = 0
    for (const weight of this.#weights) if (weight > 0) count++
    const tokens = new Int32Array(count)
    const probabilities = new Float64Array(count)
    let at = 0
    for (let i = 0; i < this.#weights.length; i++) {
      const weight = this.#weights[i]!
      if (weight > 0) {
        tokens[at] = this.#token(i)
        probabilities[at++] = weight / this.#total
      }
    }
    return { tokens, probabilities }
  }
}

/** Where `token` is in the ascending list, or `-1`. */
const indexOf = (tokens: Int32Array, token: number): number => {
  let low = 0
  let high = tokens.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = tokens[middle]!
    if (found === token) return middle
    if (found < token) low = middle + 1
    else high = middle - 1
  }
  return -1
}

const invalid = (message: string): DecodeError =>
  new DecodeError({ code: "decode.invalid-distribution", message, fault: "bug" })

const fromWeights = (size: number, tokens: Int32Array | undefined, weights: Float64Array): Distribution => {
  let total = 0
  let positive = 0
  let only = -1
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!
    if (!(weight >= 0)) throw invalid(`Weight ${i} of a distribution is ${weight}.`)
    if (weight > 0) {
      positive++
      only = i
      total += weight
    }
  }
  if (positive === 0) throw nothingPossible()
  if (!(total < Infinity)) throw invalid("The weights of a distribution add up to infinity.")
  if (positive === 1) return pointDistribution(size, tokens === undefined ? only : tokens[only]!)
  return new Weighted(size, tokens, weights, total)
}

/**
 * A distribution over the tokens listed, in proportion to their weights; every other token is impossible.
 * `tokens` ascend, `weights` are not negative and need no normalisation. Both are kept, not copied.
 *
 * @throws DecodeError `decode.invalid-distribution`, `decode.nothing-possible`.
 */
export const sparseDistribution = (size: number, tokens: Int32Array, weights: Float64Array): Distribution => {
  if (tokens.length !== weights.length)
    throw invalid(`${tokens.length} tokens have ${weights.length} weights.`)
  let before = -1
  for (const token of tokens) {
    if (token <= before || token >= size)
      throw invalid(`Token ${token} does not ascend within a vocabulary of ${size}.`)
    before = token
  }
  return fromWeights(size, tokens, weights)
}

/**
 * A distribution over `weights.length` tokens in proportion to the weights, which are not negative and need no
 * normalisation. They are kept, not copied.
 *
 * @throws DecodeError `decode.invalid-distribution`, `decode.nothing-possible`.
 */
export const denseDistribution = (weights: Float64Array): Distribution =>
  fromWeights(weights.length, undefined, weights)
