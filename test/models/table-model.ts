import type { Model } from "@parade/core"
import { mix, unit } from "../_hash.ts"
import { contextModel } from "./context-model.ts"
import { characters, type Piece, pieceTokenizer } from "./piece-tokenizer.ts"

/** A table of pseudo-random logits. */
export interface TableModelOptions {
  readonly vocabularySize: number
  /** Tokens the logits depend on: the last `order` that the row sees, itself among them. */
  readonly order: number
  readonly seed: number
  /** The logits lie between -`spread` and `spread`; 4 by default. */
  readonly spread?: number
  /** Only so many different logits, so that ties are common. */
  readonly levels?: number
  /** The logits depend on the positions of the tokens too. */
  readonly positional?: boolean
  readonly endTokens?: readonly number[]
  readonly contextLength?: number
  /** What the tokens stand for; one character each by default, nothing for end tokens. */
  readonly pieces?: readonly Piece[]
}

const defaultPieces = (count: number, endTokens: readonly number[]): readonly Piece[] =>
  characters(count).map((character, i) => (endTokens.includes(i) ? { special: `<end${i}>` } : character))

/**
 * A random language model: the logits are a pure function of the seed and the last `order` tokens a row sees, on
 * whatever path it sees them. Exact and width-invariant; everything a random table can show, at no cost.
 *
 * @example
 * ```ts
 * import { tableModel } from "@parade/test"
 *
 * const model = tableModel({ vocabularySize: 8, order: 2, seed: 1 })
 * console.assert(model.info.widthInvariant)
 * ```
 */
export const tableModel = (options: TableModelOptions): Model => {
  const { vocabularySize, order, seed, levels, endTokens = [], positional = false } = options
  const spread = options.spread ?? 4
  return contextModel({
    name: `table-${vocabularySize}-${order}-${seed}`,
    vocabularySize,
    contextLength: options.contextLength,
    endTokens,
    tokenizer: pieceTokenizer(options.pieces ?? defaultPieces(vocabularySize, endTokens)),
    logits: ({ tokens, positions }, out) => {
      let hash = mix(0x1234567, seed)
      for (let i = Math.max(0, tokens.length - order); i < tokens.length; i++) {
        hash = mix(hash, tokens[i]!)
        if (positional) hash = mix(hash, positions[i]!)
      }
      for (let token = 0; token < vocabularySize; token++) {
        const u = unit(mix(hash, token))
        const level = levels === undefined ? u : Math.floor(u * levels) / levels
        out[token] = spread * (2 * level - 1)
      }
    },
  })
}
