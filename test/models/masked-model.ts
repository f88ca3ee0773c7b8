import type { Model, ModelInfo } from "@parade/core"
import { mix, unit } from "../_hash.ts"
import { contextModel } from "./context-model.ts"
import { characters, pieceTokenizer } from "./piece-tokenizer.ts"

/** A table of pseudo-random dependencies between positions. */
export interface MaskedModelOptions {
  /** The last token is the mask. */
  readonly vocabularySize: number
  readonly seed: number
  /** How much a visible row changes the logits; 1 by default, 0 makes positions independent. */
  readonly coupling?: number
  /** How far apart the logits of a position are by themselves; 2 by default. */
  readonly spread?: number
  /** Logits are rounded to multiples of it, so that ties are common. */
  readonly grain?: number
  readonly predicts?: ModelInfo["maskedRowPredicts"]
  readonly endTokens?: readonly number[]
  readonly contextLength?: number
}

/**
 * A random masked-diffusion model: a row's logits are a sum over what it sees, by distance and token, masks too. So a
 * row that is missing, seen twice, stale or at a wrong position shows. Exact and width-invariant, whatever the order of
 * rows.
 */
export const maskedModel = (options: MaskedModelOptions): Model => {
  const { vocabularySize, seed, coupling = 1, spread = 2, grain, predicts = "self", endTokens = [] } = options
  const maskToken = vocabularySize - 1
  const shift = predicts === "next" ? 1 : 0
  const pieces = characters(vocabularySize).map((character, token) =>
    token === maskToken || endTokens.includes(token) ? { special: `<${token}>` } : character,
  )
  return contextModel({
    name: `masked-${vocabularySize}-${seed}`,
    vocabularySize,
    contextLength: options.contextLength,
    endTokens,
    maskToken,
    maskedRowPredicts: predicts,
    tokenizer: pieceTokenizer(pieces),
    logits: ({ tokens, positions }, out) => {
      const target = positions.at(-1)! + shift
      const order = Array.from(positions, (_, i) => i).sort(
        (a, b) => positions[a]! - positions[b]! || tokens[a]! - tokens[b]!,
      )
      for (let token = 0; token < vocabularySize; token++) {
        let logit = spread * (2 * unit(mix(mix(mix(seed, 1), target), token)) - 1)
        for (const i of order) {
          const key = mix(mix(mix(mix(seed, 2), target - positions[i]!), tokens[i]!), token)
          logit += (coupling * (2 * unit(key) - 1)) / (1 + Math.abs(target - positions[i]!))
        }
        out[token] = grain === undefined ? logit : grain * Math.round(logit / grain)
      }
    },
  })
}
