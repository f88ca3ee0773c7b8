import type { Distribution } from "./distribution.ts"
import { DecodeError } from "./error.ts"

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
  return {
    size,
    point: token,
    argmax: () => token,
    probability: (other) => (other === token ? 1 : 0),
    topK: (k) => ({
      tokens: k >= 1 ? Int32Array.of(token) : new Int32Array(0),
      probabilities: k >= 1 ? Float64Array.of(1) : new Float64Array(0),
    }),
    entropy: () => 0,
    draw: () => token,
    support: () => ({ tokens: Int32Array.of(token), probabilities: Float64Array.of(1) }),
  }
}
