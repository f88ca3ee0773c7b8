import { type Unmasker, withProgress } from "@parade/denoising"

export interface LocalLeapOptions {
  /** Confidence that is enough anywhere, and makes an anchor (`τ`). */
  readonly threshold: number
  /** Confidence that is enough near an anchor (`τ_r`): 0.75 for LLaDA, 0.8 for Dream; above `threshold` that one is. */
  readonly relaxed: number
  /** Positions on both sides of an anchor that are near it (`W`). */
  readonly radius: number
}

/**
 * LocalLeap: masked positions whose confidence reaches `τ` are anchors; within `W` positions of one, `τ_r` is enough.
 * Anchors are those of this step alone, and what is filled near one is no anchor itself.
 */
export const localleap = ({ threshold, relaxed, radius }: LocalLeapOptions): Unmasker => ({
  name: "localleap",
  readsTop: 1,
  open: () => ({
    propose(view) {
      const anchors = view.open
        .filter(({ confidence }) => confidence >= threshold)
        .map(({ position }) => position)
      const isNear = (position: number): boolean =>
        anchors.some((anchor) => Math.abs(anchor - position) <= radius)
      const chosen = view.open.filter(
        ({ position, confidence }) => confidence >= threshold || (confidence >= relaxed && isNear(position)),
      )
      return [withProgress(view, chosen, ({ confidence }) => confidence)]
    },
  }),
})
