import { type Unmasker, withProgress } from "@parade/denoising"

export interface EntropyThresholdOptions {
  /** Entropy in nats that is low enough (`η`). */
  readonly threshold: number
}

/**
 * Fills every open position whose raw entropy is at most `η`, and always the one with the lowest (dParallel). Nats do
 * not depend on the vocabulary, beyond its logarithm as the upper limit.
 */
export const entropyThreshold = (options: EntropyThresholdOptions): Unmasker => ({
  name: "entropy-threshold",
  readsTop: 1,
  readsEntropy: true,
  open: () => ({
    propose: (view) => [
      withProgress(
        view,
        view.open.filter(({ entropy }) => entropy <= options.threshold),
        ({ entropy }) => -entropy,
      ),
    ],
  }),
})
