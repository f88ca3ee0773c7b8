import { exponential } from "./exponential.ts"
import { argmax } from "./argmax.ts"
import type { Distribution, Support, TopK } from "./distribution.ts"
import { DecodeError } from "./error.ts"
import { largest } from "./largest.ts"
import { pointDistribution } from "./point-distribution.ts"

const blockSize = 128

/** What a pass over the row leaves: the greatest logit and the sums of `e^((logit − greatest) / T)` by blocks. */
interface Sums {
  readonly greatest: number
  readonly blocks: Float64Array
  readonly total: number
}

class Softmax implements Distribution {
  readonly size: number
  readonly #logits: Float32Array
  /** 1 / temperature. */
  readonly #scale: number
  #argmax: number | undefined
  #isPoint: boolean | undefined
  #sums: Sums | undefined
  #support: Support | undefined

  constructor(logits: Float32Array, scale: number) {
    this.size = logits.length
    this.#logits = logits
    this.#scale = scale
  }

  get point(): number | undefined {
    const { greatest, total } = this.#prepare()
    if (total !== 1) return undefined
    const token = this.argmax()
    this.#isPoint ??= this.#logits.every(
      (logit, other) => other === token || exponential((logit - greatest) * this.#scale) === 0,
    )
    return this.#isPoint ? token : undefined
  }

  argmax(): number {
    return (this.#argmax ??= argmax(this.#logits))
  }

  #prepare(): Sums {
    if (this.#sums !== undefined) return this.#sums
    const logits = this.#logits
    const greatest = logits[this.argmax()]!
    const blocks = new Float64Array(Math.ceil(logits.length / blockSize))
    let total = 0
    for (let block = 0; block < blocks.length; block++) {
      const end = Math.min(logits.length, (block + 1) * blockSize)
      let sum = 0
      for (let i = block * blockSize; i < end; i++) sum += exponential((logits[i]! - greatest) * this.#scale)
      blocks[block] = sum
      total += sum
    }
    return (this.#sums = { greatest, blocks, total })
  }

  probability(token: number): number {
    const { greatest, total } = this.#prepare()
    const logit = this.#logits[token]
    return logit === undefined ? 0 : exponential((logit - greatest) * this.#scale) / total
  }

  topK(k: number): TopK {
    const tokens = largest(this.#logits, k)
    const probabilities = Float64Array.from(tokens, (token) => this.probability(token))
    const underflow = probabilities.indexOf(0)
    if (underflow < 0) return { tokens, probabilities }
    return { tokens: tokens.subarray(0, underflow), probabilities: probabilities.subarray(0, underflow) }
  }

  entropy(): number {
    const { greatest, total } = this.#prepare()
    let sum = 0
    for (const logit of this.#logits) {
      const x = (logit - greatest) * this.#scale
      const weight = exponential(x)
      if (weight > 0) sum += weight * x
    }
    return Math.log(total) - sum / total
  }

  draw(u: number): number {
    const { greatest, blocks, total } = this.#prepare()
    const target = u * total
    // The block where the cumulative sum passes, or the last one that is not empty.
    let cumulative = 0
    let block = 0
    let before = 0
    for (let b = 0; b < blocks.length; b++) {
      const sum = blocks[b]!
      if (sum > 0) {
        block = b
        before = cumulative
        cumulative += sum
        if (cumulative > target) break
      }
    }
    const end = Math.min(this.size, (block + 1) * blockSize)
    let last = -1
    for (let i = block * blockSize; i < end; i++) {
      const weight = exponential((this.#logits[i]! - greatest) * this.#scale)
      if (weight > 0) {
        before += weight
        last = i
        if (before > target) break
      }
    }
    return last
  }

  support(): Support {
    return (this.#support ??= this.#makeSupport())
  }

  #makeSupport(): Support {
    const { greatest, total } = this.#prepare()
    const tokens = new Int32Array(this.size)
    const probabilities = new Float64Array(this.size)
    let count = 0
    for (let i = 0; i < this.size; i++) {
      const weight = exponential((this.#logits[i]! - greatest) * this.#scale)
      if (weight > 0) {
        tokens[count] = i
        probabilities[count++] = weight / total
      }
    }
    return { tokens: tokens.subarray(0, count), probabilities: probabilities.subarray(0, count) }
  }
}

/**
 * The softmax of `logits / temperature`, computed only as far as asked: `argmax` and `topK` order the logits, the
 * rest needs one sum over them, in float64. At temperature 0 all probability is on the greatest logit.
 * `logits` is kept, not copied; `-Infinity` means impossible.
 *
 * @throws DecodeError, at once or when asked: `decode.not-a-number`, `decode.nothing-possible`.
 */
export const logitsDistribution = (logits: Float32Array, temperature = 1): Distribution => {
  if (!(temperature >= 0 && temperature < Infinity))
    throw new DecodeError({
      code: "decode.temperature",
      message: `A temperature is 0 or more, not ${temperature}.`,
    })
  const scale = 1 / temperature
  return scale < Infinity ? new Softmax(logits, scale) : pointDistribution(logits.length, argmax(logits))
}
