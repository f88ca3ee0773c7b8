import {
  type Distribution,
  logitsDistribution,
  type Model,
  type OutputRequest,
  type OutputRows,
  pointDistribution,
  readoutDistribution,
  readoutNames,
  readoutTop,
  type Sampler,
  type SamplerContext,
} from "@parade/core"
import type { Unmasker, Unmasking } from "@parade/denoising"

/** What one row says of the position it predicts; the mask token is impossible. */
export interface PredictedRow {
  readonly raw: Distribution
  readonly processed: (context: SamplerContext) => Distribution
}

/** How predictions leave the device: as whole rows, or as what is read of them. */
export interface Reading {
  /** Asks for the given rows, the `i`-th of which predicts `positions[i]`. */
  readonly request: (rows: ArrayLike<number>, positions: ArrayLike<number>) => OutputRequest
  /** The `index`-th of the rows asked for. */
  readonly row: (output: OutputRows, request: OutputRequest, index: number) => PredictedRow
}

const wholeRows = (maskToken: number, sampler: Sampler): Reading => ({
  request: (rows) => ({ name: "logits", rows }),
  row: (output, _, index) => {
    const logits = output.row(index)
    logits[maskToken] = -Infinity
    const raw = logitsDistribution(logits)
    return { raw, processed: (context) => sampler.process(logits, { ...context, raw }) }
  },
})

/** For each position the mask, which is then ruled out, and what is followed there; filled up with masks. */
const namedTokens = (
  maskToken: number,
  positions: ArrayLike<number>,
  follows: Unmasking["follows"],
): Int32Array => {
  if (follows === undefined) return new Int32Array(positions.length).fill(maskToken)
  const lists: (readonly number[])[] = []
  let width = 1
  for (let i = 0; i < positions.length; i++) {
    const list = [...follows(positions[i]!)]
    lists.push(list)
    width = Math.max(width, list.length + 1)
  }
  const tokens = new Int32Array(lists.length * width).fill(maskToken)
  for (let i = 0; i < lists.length; i++) tokens.set(lists[i]!, i * width + 1)
  return tokens
}

const readouts = (
  size: number,
  maskToken: number,
  entropy: boolean,
  follows: Unmasking["follows"],
): Reading => ({
  request: (rows, positions) => ({
    name: entropy ? readoutNames.entropy : readoutNames.readout,
    rows,
    tokens: namedTokens(maskToken, positions, follows),
  }),
  row: (output, { rows, tokens: all }, index) => {
    const width = all!.length / rows.length
    // What namedTokens made.
    const tokens = (all as Int32Array).subarray(index * width, (index + 1) * width)
    const raw = readoutDistribution(output.row(index), { entropy, size, tokens, without: maskToken })
    return { raw, processed: () => pointDistribution(size, raw.argmax()) }
  },
})

/** Readouts where neither sampler nor unmasker wants more, the model has them and rows are not mixed; whole rows otherwise. */
export const readingFor = (
  { info }: Model,
  sampler: Sampler,
  { readsTop = Infinity, readsEntropy = false }: Unmasker,
  { follows }: Unmasking,
  mixed = false,
): Reading => {
  const { vocabularySize, maskToken } = info
  const enough =
    !mixed &&
    sampler.reads === "argmax" &&
    readsTop <= readoutTop &&
    info.outputs.includes(readsEntropy ? readoutNames.entropy : readoutNames.readout)
  return enough ? readouts(vocabularySize, maskToken!, readsEntropy, follows) : wholeRows(maskToken!, sampler)
}
