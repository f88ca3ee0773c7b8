import type { Model } from "@parade/core"
import { contextModel } from "./context-model.ts"
import { characters, pieceTokenizer } from "./piece-tokenizer.ts"

/**
 * A Markov chain with known probabilities: `transitions[a][b]` is the probability of `b` after `a`. The logits are
 * natural logarithms, so that at temperature 1 the rows are the law itself.
 */
export const chainModel = (
  transitions: readonly (readonly number[])[],
  options: { readonly endTokens?: readonly number[]; readonly contextLength?: number } = {},
): Model =>
  contextModel({
    name: "chain",
    vocabularySize: transitions.length,
    contextLength: options.contextLength,
    endTokens: options.endTokens,
    markov: true,
    tokenizer: pieceTokenizer(characters(transitions.length)),
    logits: ({ tokens }, out) => {
      const row = transitions[tokens.at(-1)!]
      for (let token = 0; token < out.length; token++) out[token] = Math.log(row?.[token] ?? NaN)
    },
  })
