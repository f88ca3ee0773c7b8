import { type Unmasker, withProgress } from "@parade/denoising"

export interface MarginThresholdOptions {
  /** Lead of the most probable token over the second, in probability, that is enough. */
  readonly threshold: number
}

/** Fills every open position whose margin reaches the threshold, and always the one with the greatest. */
export const marginThreshold = (options: MarginThresholdOptions): Unmasker => ({
  name: "margin-threshold",
  readsTop: 2,
  open: () => ({
    propose: (view) => [
      withProgress(
        view,
        view.open.filter(({ margin }) => margin >= options.threshold),
        ({ margin }) => margin,
      ),
    ],
  }),
})
