import {
  type Distribution,
  drawnDistribution,
  leastDrawn,
  logitsDistribution,
  type Model,
  type OutputRequest,
  type Outputs,
  pointDistribution,
  readoutDistribution,
  readoutNames,
  readoutTop,
  type Sampler,
  type SamplerContext,
} from "@parade/core"
import type { CanvasState, Unmasker, Unmasking } from "@parade/denoising"
import { drawOf } from "./_draw.ts"

/** What one row says of the position it predicts; the mask token is impossible. */
export interface PredictedRow {
  readonly raw: Distribution
  readonly processed: (context: SamplerContext) => Distribution
}

/** Rows of a forward that predict `positions` of some states: those of one after those of the other. */
export interface Asked {
  readonly rows: ArrayLike<number>
  readonly positions: Int32Array
  readonly states: readonly CanvasState[]
}

/** How predictions leave the device: as whole rows, or as what is read of them. */
export interface Reading {
  readonly requests: (asked: Asked) => readonly OutputRequest[]
  /** The `index`-th of the rows asked for. */
  readonly row: (outputs: Outputs, requests: readonly OutputRequest[], index: number) => PredictedRow
}

const wholeRows = (maskToken: number, sampler: Sampler): Reading => ({
  requests: ({ rows }) => [{ name: "logits", rows }],
  row: (outputs, _, index) => {
    const logits = outputs["logits"]!.row(index)
    logits[maskToken] = -Infinity
    const raw = logitsDistribution(logits)
    return { raw, processed: (context) => sampler.process(logits, { ...context, raw }) }
  },
})

/** For each position the mask, which is then ruled out, and what is followed there; filled up with masks. */
const namedTokens = (
  maskToken: number,
  { positions, states }: Asked,
  follows: Unmasking["follows"],
): Int32Array => {
  if (follows === undefined) return new Int32Array(states.length * positions.length).fill(maskToken)
  const lists: (readonly number[])[] = []
  let width = 1
  for (const _ of states)
    for (const position of positions) {
      const list = [...follows(position)]
      lists.push(list)
      width = Math.max(width, list.length + 1)
    }
  const tokens = new Int32Array(lists.length * width).fill(maskToken)
  for (let i = 0; i < lists.length; i++) tokens.set(lists[i]!, i * width + 1)
  return tokens
}

interface ReadoutReading {
  readonly size: number
  readonly maskToken: number
  readonly entropy: boolean
  readonly follows: Unmasking["follows"]
  /** What tokens are drawn at, and by; 0 takes the likeliest. */
  readonly temperature: number
  readonly seed: number
}

const readouts = ({ size, maskToken, entropy, follows, temperature, seed }: ReadoutReading): Reading => {
  const name = entropy ? readoutNames.entropy : readoutNames.readout
  return {
    requests: (asked) => {
      const { rows, positions, states } = asked
      const readout = { name, rows, tokens: namedTokens(maskToken, asked, follows) }
      if (temperature === 0) return [readout]
      const u = new Float64Array(rows.length)
      let at = 0
      for (const state of states) for (const position of positions) u[at++] = drawOf(seed, state, position)
      return [readout, { name: readoutNames.drawn, rows, draws: { u, temperature } }]
    },
    row: (outputs, [readout], index) => {
      const { rows, tokens: all } = readout!
      const width = all!.length / rows.length
      // What namedTokens made.
      const tokens = (all as Int32Array).subarray(index * width, (index + 1) * width)
      const drawn = outputs[readoutNames.drawn]?.row(index)
      const raw = readoutDistribution(outputs[name]!.row(index), {
        entropy,
        size,
        tokens,
        without: maskToken,
        drawn,
      })
      return {
        raw,
        processed: () =>
          drawn === undefined ? pointDistribution(size, raw.argmax()) : drawnDistribution(size, drawn),
      }
    },
  }
}

/** What a reading is chosen by. */
export interface ReadingOptions {
  readonly model: Pick<Model, "info">
  readonly sampler: Sampler
  readonly unmasker: Unmasker
  readonly unmasking: Unmasking
  readonly seed: number
  /** Whether rows are mixed with others before they are read. */
  readonly mixed: boolean
}

/** Readouts where neither sampler nor unmasker wants more, the model has them and rows are not mixed; whole rows otherwise. */
export const readingFor = ({ model, sampler, unmasker, unmasking, seed, mixed }: ReadingOptions): Reading => {
  const { vocabularySize: size, maskToken, outputs } = model.info
  const { readsTop = Infinity, readsEntropy: entropy = false, drawsAnew = false } = unmasker
  const { temperature } = sampler
  const isDrawn =
    temperature !== undefined &&
    (temperature === 0 || (!drawsAnew && temperature >= leastDrawn && outputs.includes(readoutNames.drawn)))
  const isEnough =
    !mixed &&
    isDrawn &&
    readsTop <= readoutTop &&
    outputs.includes(entropy ? readoutNames.entropy : readoutNames.readout)
  const { follows } = unmasking
  return isEnough
    ? readouts({ size, maskToken: maskToken!, entropy, follows, temperature, seed })
    : wholeRows(maskToken!, sampler)
}
