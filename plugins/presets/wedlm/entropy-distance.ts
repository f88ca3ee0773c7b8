import { type Prediction, type Unmasker, withProgress } from "@parade/denoising"

export interface EntropyDistanceOptions {
  /** Penalised entropy in nats that is low enough (`τ`); at 0, one position is filled per step. */
  readonly threshold: number
  /** What a position adds to its entropy, times its distance from the first mask (`λ`). */
  readonly penalty: number
}

/**
 * WeDLM's rule: `Ĥ = H + λ · distance from the first mask`; every open position with `Ĥ < τ` is filled, and always the
 * one with the lowest. The penalty prefers what soon joins the finished prefix to what would wait behind a gap and be
 * computed again.
 */
export const entropyDistance = ({ threshold, penalty }: EntropyDistanceOptions): Unmasker => ({
  name: "wedlm",
  readsTop: 1,
  readsEntropy: true,
  open: () => ({
    propose: (view) => {
      const first = view.open[0]!.position
      const penalised = ({ position, entropy }: Prediction): number => entropy + penalty * (position - first)
      return [
        withProgress(
          view,
          view.open.filter((prediction) => penalised(prediction) < threshold),
          (prediction) => -penalised(prediction),
        ),
      ]
    },
  }),
})
