import { exponential } from "./exponential.ts"
import { argmax, notANumber, nothingPossible } from "./argmax.ts"
import type { Distribution } from "./distribution.ts"
import { type Kind, kind } from "./kind.ts"
import { logitsDistribution } from "./logits-distribution.ts"
import { pointDistribution } from "./point-distribution.ts"
import type { Sampler, SamplerContext } from "./sampler.ts"
import { sparseDistribution } from "./weighted-distribution.ts"

/** A row of logits on its way to a distribution. Never changed: a processor that changes something gives another. */
export interface LogitsRow {
  /** `[vocabulary]`; `-Infinity` means impossible. */
  readonly logits: Float32Array
  /** The tokens still possible, ascending; all where absent. */
  readonly candidates?: Int32Array
  /** What the logits are to be divided by; at 0 all probability goes to the greatest. */
  readonly temperature: number
}

/** One step from logits to the distribution that counts: a penalty, a bias, a cut, a grammar. Holds no state. */
export interface LogitsProcessor {
  readonly order: Sampler["order"]
  readonly process: (row: LogitsRow, context: SamplerContext) => LogitsRow
}

/** The kind `logitsProcessor`. */
export const LogitsProcessorKind: Kind<LogitsProcessor> = kind("logitsProcessor")

/** The greatest logit of the candidates. */
export const greatestLogit = ({ logits, candidates }: LogitsRow): number => {
  if (candidates === undefined) return logits[argmax(logits)]!
  let greatest = -Infinity
  for (const token of candidates) {
    const logit = logits[token]!
    if (!(logit <= greatest)) {
      if (!(logit < Infinity)) throw notANumber(token)
      greatest = logit
    }
  }
  if (greatest === -Infinity) throw nothingPossible()
  return greatest
}

/**
 * The distribution of a processed row: its softmax over the candidates.
 *
 * @throws DecodeError `decode.not-a-number`, `decode.nothing-possible`.
 */
export const rowDistribution = (row: LogitsRow): Distribution => {
  const { logits, candidates, temperature } = row
  if (candidates === undefined) return logitsDistribution(logits, temperature)
  const greatest = greatestLogit(row)
  const scale = 1 / temperature
  if (scale === Infinity)
    return pointDistribution(
      logits.length,
      candidates.find((token) => logits[token] === greatest)!,
    )
  const weights = new Float64Array(candidates.length)
  for (let i = 0; i < weights.length; i++)
    weights[i] = exponential((logits[candidates[i]!]! - greatest) * scale)
  return sparseDistribution(logits.length, candidates, weights)
}
