import { around, type CanvasView, makePrediction, type Prediction, type Unmasker } from "@parade/denoising"
import { makeCredits } from "./credits.ts"
import { fused, greedyPoint } from "./fused-distribution.ts"

export interface CreditDecodingOptions {
  /** The rule that decides on the fused predictions. */
  readonly rule: Unmasker
  /** Strength of fusion (`α`); 0 leaves the rule alone. */
  readonly strength: number
  /** What is left of a credit after a step (`β`), below 1: the credit of a position is at most `1 / (1 − β)`. */
  readonly decay: number
  /** Exponent of a hit (`γ`): below 1, credit is mostly a count of hits. */
  readonly exponent: number
  /** `α = β = 1 − η` and `γ = 1`, where `η` is the part of the block that is masked: nothing to tune. */
  readonly tuningFree?: boolean
}

/**
 * CreditDecoding: a token that was the likeliest at a position for several steps gains credit `C`, and the rule decides
 * on `p̂(v) ∝ p(v) (1 + C(v))^α`. In each step credit decays, then the token with the highest raw probability gains
 * `p^γ`, then predictions are fused. Credit begins anew with every block.
 */
export const creditDecoding = (options: CreditDecodingOptions): Unmasker => {
  const { rule, tuningFree = false } = options
  return {
    name: `credit-decoding(${rule.name})`,
    // The k likeliest after fusion are among the k likeliest before and those with credit.
    ...around(rule),
    drawsAnew: true,
    open: (context) => {
      const inner = rule.open(context)
      const credits = makeCredits()

      const strengthOf = ({ state, stage: { block }, open }: CanvasView): number => {
        if (!tuningFree) return options.strength
        const length = Math.min(block.end, state.length) - block.start
        return 1 - Math.min(1, open.length / length)
      }
      const fuse = (prediction: Prediction, strength: number): Prediction => {
        const { position, raw, processed } = prediction
        const factors = new Map<number, number>()
        for (const [token, credit] of credits.at(position)) factors.set(token, (1 + credit) ** strength)
        const fusedRaw = fused(raw, factors)
        return makePrediction({
          position,
          raw: fusedRaw,
          processed: () =>
            processed.point === undefined ? fused(processed, factors) : greedyPoint(fusedRaw),
          draw: (distribution) => prediction.drawFrom(distribution),
        })
      }

      return {
        follows: (position) => [...credits.at(position).keys(), ...(inner.follows?.(position) ?? [])],
        begin(state, stage) {
          credits.clear()
          inner.begin?.(state, stage)
        },
        propose(view) {
          const strength = strengthOf(view)
          credits.decay(tuningFree ? strength : options.decay)
          for (const { position, raw } of view.open) {
            const token = raw.argmax()
            credits.add(position, token, raw.probability(token) ** (tuningFree ? 1 : options.exponent))
          }
          const predictions = new Map(view.open.map((one) => [one.position, fuse(one, strength)]))
          const fusedOf = ({ position }: Prediction): Prediction => predictions.get(position)!
          return inner.propose({
            ...view,
            open: view.open.map(fusedOf),
            groups: view.groups.map((group) => group.map(fusedOf)),
            prediction: (position) => predictions.get(position) ?? view.prediction(position),
          })
        },
        ...(inner.counters === undefined ? {} : { counters: inner.counters }),
      }
    },
  }
}
