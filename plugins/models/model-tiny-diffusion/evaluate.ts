import { heldOutBatches } from "@parade/model-recipes"
import { kneserNey, type NgramModel, windowOf } from "@parade/recipes"
import type { TinyDiffusionConfig } from "./config.ts"
import type { Passage, PassageSource } from "./passage.ts"

/** The negative log-likelihood of a passage's tokens behind the first ones by a model that reads from left to right. */
const sumAfter = (model: NgramModel, tokens: Int32Array, first: number): number => {
  const sumOf = (length: number): number =>
    length < 2 ? 0 : model.loss(windowOf(tokens.subarray(0, length))) * (length - 1)
  return sumOf(tokens.length) - sumOf(first)
}

const isJudged = ({ tokens, given }: Passage): boolean => given < tokens.length

/** The losses of a model that counts, on what is not given of the same sequences: `baseline.<source>`. */
export const ngramLosses = (
  sources: readonly PassageSource[],
  vocabulary: number,
  config: TinyDiffusionConfig,
): Readonly<Record<string, number>> => {
  const losses: Record<string, number> = {}
  for (const source of sources) {
    const model = kneserNey([source.counted()], { order: config.ngramOrder, vocabulary })
    const passages = heldOutBatches(source, config).flat(2).filter(isJudged)
    const count = passages.reduce((sum, { tokens, given }) => sum + tokens.length - given, 0)
    const sum = passages.reduce((all, { tokens, given }) => all + sumAfter(model, tokens, given), 0)
    losses[`baseline.${source.name}`] = sum / count
  }
  return losses
}
