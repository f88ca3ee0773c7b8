import type { Distribution, Support, TopK } from "./distribution.ts"
import { DecodeError } from "./error.ts"

class Point implements Distribution {
  readonly size: number
  readonly point: number

  constructor(size: number, token: number) {
    this.size = size
    this.point = token
  }

  argmax(): number {
    return this.point
  }

  probability(token: number): number {
    return token === this.point ? 1 : 0
  }

  topK(k: number): TopK {
    return {
      tokens: k >= 1 ? Int32Array.of(this.point) : new Int32Array(0),
      probabilities: k >= 1 ? Float64Array.of(1) : new Float64Array(0),
    }
  }

  entropy(): number {
    return 0
  }

  draw(): number {
    return this.point
  }

  support(): Support {
    return { tokens: Int32Array.of(this.point), probabilities: Float64Array.of(1) }
  }
}

/**
 * All probability on one token: greedy decoding, a deterministic draft.
 *
 * @throws DecodeError `decode.token-out-of-range`.
 */
export const pointDistribution = (size: number, token: number): Distribution => {
  if (!Number.isInteger(token) || token < 0 || token >= size)
    throw new DecodeError({
      code: "decode.token-out-of-range",
      message: `Token ${token} is not among the ${size} of the vocabulary.`,
      fault: "bug",
    })
  return new Point(size, token)
}
