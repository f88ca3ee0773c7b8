import type { Model } from "@parade/core"
import { contextModel } from "./context-model.ts"
import { characters, pieceTokenizer } from "./piece-tokenizer.ts"

const product = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)))

/**
 * A masked-diffusion model that knows the law of its text, a Markov chain: what it predicts for a masked position is
 * the exact marginal given all visible tokens, `p(x) ∝ Tᵃ[left, x] · Tᵇ[x, right]`. Its last token is the mask; a row
 * must see a token to its left.
 */
export const oracleModel = (transitions: readonly (readonly number[])[]): Model => {
  const states = transitions.length
  const powers: (readonly (readonly number[])[])[] = [
    transitions.map((_, i) => transitions.map((__, j) => (i === j ? 1 : 0))),
  ]
  const power = (exponent: number): readonly (readonly number[])[] => {
    while (powers.length <= exponent) powers.push(product(powers.at(-1)!, transitions))
    return powers[exponent]!
  }
  return contextModel({
    name: "oracle",
    vocabularySize: states + 1,
    maskToken: states,
    maskedRowPredicts: "self",
    tokenizer: pieceTokenizer(characters(states + 1)),
    logits: ({ tokens, positions }, out) => {
      const here = positions.at(-1)!
      let left = -1
      let right = -1
      for (const [i, position] of positions.entries()) {
        if (tokens[i] === states) continue
        if (position < here && (left < 0 || position > positions[left]!)) left = i
        if (position > here && (right < 0 || position < positions[right]!)) right = i
      }
      out.fill(-Infinity)
      for (let token = 0; token < states; token++) {
        const before = left < 0 ? NaN : power(here - positions[left]!)[tokens[left]!]![token]!
        const after = right < 0 ? 1 : power(positions[right]! - here)[token]![tokens[right]!]!
        out[token] = Math.log(before * after)
      }
    },
  })
}
