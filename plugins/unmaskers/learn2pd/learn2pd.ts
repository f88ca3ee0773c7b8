import { DecodeError } from "@parade/core"
import {
  around,
  type CanvasState,
  type CanvasView,
  type Edit,
  maskedPositions,
  positionRange,
  type Stage,
  type Unmasker,
} from "@parade/denoising"
import { endOfText, type EndOfText } from "./end-of-text.ts"
import type { Filter } from "./filter.ts"

export interface Learn2pdOptions {
  readonly filter: Filter
  /** Enough of the filter's probability that a prediction is final (`τ`): 0.96 for LLaDA, 0.9 for Dream. */
  readonly threshold: number
  /** What is filled in every step whatever the filter says: the schedule of the sampler. */
  readonly rule: Unmasker
  /** Where predicted ends of text are looked for. */
  readonly endOfText: EndOfText
  /** The least confidence of a predicted end of text; 0 in the paper. */
  readonly endConfidence: number
  /** Of the vocabulary of the model that the filter was trained with; absent where any will do. */
  readonly vocabularyFingerprint?: string
}

/** What is left of a stage's block on a canvas that may have been cut. */
const blockOf = ({ length }: Pick<CanvasState, "length">, { block }: Stage): Stage["block"] => ({
  start: Math.max(0, block.start),
  end: Math.min(block.end, length),
})

/**
 * What a filter sees: of every position of the block the probability of the token predicted there, of filled ones that
 * of the likeliest now. Positions that a cut took away, and those that nothing was computed of, count as certain.
 */
export const blockConfidences = (view: CanvasView, block: number): Float64Array => {
  const { start, end } = blockOf(view.state, view.stage)
  return Float64Array.from({ length: block }, (_, i) => {
    const position = start + i
    const prediction = position < end ? view.prediction(position) : undefined
    if (prediction === undefined) return 1
    return view.state.cells[position] === -1
      ? prediction.confidence
      : (prediction.raw.topK(1).probabilities[0] ?? 1)
  })
}

const union = (lists: readonly (Int32Array | undefined)[]): Int32Array =>
  Int32Array.from(new Set(lists.flatMap((list) => [...(list ?? [])]))).sort()

/**
 * Learn2PD: a filter that was trained on decodings of the model looks at the confidences of a block, position by
 * position, and says which predictions are already final (`σ(z) > τ`). Those are filled, and what a rule fills in every
 * step. Texts are cut where they end, or where their end is predicted (EoTP).
 */
export const learn2pd = (options: Learn2pdOptions): Unmasker => {
  const { filter, threshold, rule, endOfText: where, endConfidence, vocabularyFingerprint } = options
  // σ(z) > τ, without rounding where σ is nearly 1.
  const least = Math.log(threshold) - Math.log1p(-threshold)
  return {
    name: "learn2pd",
    ...around(rule),
    ...(vocabularyFingerprint === undefined ? {} : { vocabularyFingerprint }),
    reads: (state, stage) => {
      const { start, end } = blockOf(state, stage)
      return union([
        positionRange(start, end),
        where === "canvas" ? maskedPositions(state) : undefined,
        rule.reads?.(state, stage),
      ])
    },
    open: (context) => {
      const inner = rule.open(context)
      let filtered = 0

      /** What the rule fills, and beside it what the filter takes for final. */
      const accepted = (view: CanvasView): Edit => {
        const { start } = blockOf(view.state, view.stage)
        const logits = filter.logits(blockConfidences(view, filter.block))
        const [{ positions, tokens, cut }] = inner.propose(view)
        const chosen = new Map(positions.map((position, i) => [position, tokens[i]!]))
        for (const { position, token } of view.open)
          if (!chosen.has(position) && (logits[position - start] ?? -Infinity) > least) {
            chosen.set(position, token)
            filtered++
          }
        const ascending = [...chosen].sort(([a], [b]) => a - b)
        return {
          positions: ascending.map(([position]) => position),
          tokens: ascending.map(([, token]) => token),
          ...(cut === undefined ? {} : { cut }),
        }
      }
      const guesses = (view: CanvasView) =>
        where === "canvas"
          ? Array.from(maskedPositions(view.state), view.prediction).filter((one) => one !== undefined)
          : view.open

      return {
        ...(inner.follows === undefined ? {} : { follows: inner.follows }),
        begin(state, stage) {
          const { start, end } = blockOf(state, stage)
          if (end - start > filter.block)
            throw new DecodeError({
              code: "learn2pd.block-too-long",
              message: `The filter was trained on blocks of ${filter.block} positions; this one has ${end - start}.`,
              advice: `Let the schedule have blocks of ${filter.block}, such as @parade/blocks with that length, or train a filter on longer ones.`,
            })
          inner.begin?.(state, stage)
        },
        propose(view) {
          const edit = accepted(view)
          if (where === "off") return [edit]
          const cut = endOfText(view.state, edit, guesses(view), endConfidence)
          return [cut === undefined ? edit : { ...edit, cut: Math.min(cut, edit.cut ?? cut) }]
        },
        counters: () => {
          const counted = { ...inner.counters?.(), filtered }
          filtered = 0
          return counted
        },
      }
    },
  }
}
