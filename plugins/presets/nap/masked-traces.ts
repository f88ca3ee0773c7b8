import type { NoisySequence } from "@parade/model-adaptation"
import { seesMatrix } from "@parade/model-adaptation"

/** A canvas with what stands on it, behind its prompt. */
export interface TracePassage {
  readonly prompt: readonly number[]
  readonly canvas: readonly number[]
  /** What each position of the canvas is part of. */
  readonly parts: readonly ("tag" | "trace" | "summary")[]
}

export interface MaskedTracesOptions {
  /** Tokens of a sequence. */
  readonly length: number
  readonly mask: number
  /** The summary is masked wholly until most of the traces stands, as it is when it is decoded. */
  readonly structured: boolean
  /** How much more a masked token counts the fewer are masked: 1 is LLaDA's bound, 0 not at all. */
  readonly weighting: number
  /** Masked rows predict themselves (0) or the position behind them (1). */
  readonly shift: 0 | 1
  readonly draw: () => number
}

/** From this share of visible tokens on the summary is masked in part. */
const summaryFrom = 0.8

/** How much of the noise masks tokens, of structured masks. */
const structuredShare = 0.9

/**
 * How likely each position is to be masked at noise `t`. Tags never are. Structured: traces with `r = 0.9 t`; the summary wholly
 * while `1 − t < 0.8`, then with `r (1 + z)`, where `z` rises from 0 to 1 along it.
 */
export const maskRates = (
  parts: TracePassage["parts"],
  t: number,
  structured: boolean,
): readonly number[] => {
  if (!structured) return parts.map((part) => (part === "tag" ? 0 : t))
  const r = structuredShare * t
  const first = parts.indexOf("summary")
  const last = Math.max(1, parts.lastIndexOf("summary") - first)
  return parts.map((part, position) => {
    if (part === "tag") return 0
    if (part === "trace") return r
    return 1 - t < summaryFrom ? 1 : Math.min(1, r * (1 + (position - first) / last))
  })
}

/**
 * Passages side by side in one sequence, each masked at a noise `t ~ U(0, 1)` of its own. What is masked counts
 * `(1/t)^weighting`, prompts and tags nothing.
 */
export const maskedTraces = (
  passages: readonly TracePassage[],
  { length, mask, structured, weighting, shift, draw }: MaskedTracesOptions,
): NoisySequence => {
  const tokens = new Int32Array(length).fill(mask)
  const positions = new Int32Array(length)
  const owner = new Int32Array(length).fill(passages.length)
  const targets = new Int32Array(length)
  const weights = new Float32Array(length)
  let at = 0
  passages.forEach(({ prompt, canvas, parts }, index) => {
    const t = 1 - draw()
    const rates = maskRates(parts, t, structured)
    const row = [...prompt, ...canvas]
    row.forEach((token, i) => {
      const place = at + i
      tokens[place] = token
      positions[place] = i
      owner[place] = index
      const rate = i < prompt.length ? 0 : rates[i - prompt.length]!
      if (rate === 0 || draw() >= rate) return
      tokens[place] = mask
      targets[place - shift] = token
      weights[place - shift] = (1 / t) ** weighting
    })
    at += row.length
  })
  const sees = seesMatrix(length, (row, column) => owner[row] === owner[column])
  return { tokens, positions, sees, targets, weights: [weights] }
}
