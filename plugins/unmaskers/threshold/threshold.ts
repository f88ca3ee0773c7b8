import { type Unmasker, withProgress } from "@parade/denoising"

export interface ThresholdOptions {
  /** Confidence that is enough (`τ`); above 1, one position is filled per step. */
  readonly threshold: number
}

/**
 * Fast-dLLM's threshold rule: every open position whose confidence, the raw probability of its token, reaches `τ` is
 * filled, and always the most confident one.
 */
export const threshold = (options: ThresholdOptions): Unmasker => ({
  name: "threshold",
  readsTop: 1,
  open: () => ({
    propose: (view) => [
      withProgress(
        view,
        view.open.filter(({ confidence }) => confidence >= options.threshold),
        ({ confidence }) => confidence,
      ),
    ],
  }),
})
