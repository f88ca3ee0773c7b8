import { uniform } from "@parade/core"
import { type Prediction, type Unmasker, withProgress } from "@parade/denoising"

export interface AncestralOptions {
  /** Times at which positions may be filled (`S`). */
  readonly steps: number
}

const last = 1e-3

/**
 * The chance of a masked position to be filled at each of `steps` times: `1 − s/t` between neighbours of
 * `linspace(1, 0.001, steps + 1)`, and certainty at the end.
 */
export const fillChances = (steps: number): Float64Array =>
  Float64Array.from({ length: steps }, (_, k) => {
    const time = (i: number) => 1 + ((last - 1) * i) / steps
    return k === steps - 1 ? 1 : 1 - time(k + 1) / time(k)
  })

/**
 * Ancestral sampling of the diffusion with a linear schedule (MDLM, Dream's `origin`): at each time every open position
 * is filled with a chance of its own, whatever its confidence. Times at which nothing is filled need no forward of
 * their own, because the canvas has not changed. For the whole canvas, and tokens drawn at temperature 1.
 */
export const ancestral = ({ steps }: AncestralOptions): Unmasker => ({
  name: "ancestral",
  readsTop: 1,
  open: ({ seed, promptLength }) => {
    const chances = fillChances(steps)
    let step = 0
    return {
      begin() {
        step = 0
      },
      propose(view) {
        let chosen: readonly Prediction[] = []
        while (chosen.length === 0) {
          const now = Math.min(step++, steps - 1)
          const isChosen = ({ position }: Prediction): boolean =>
            uniform(seed, "noise", promptLength + position, now) < chances[now]!
          chosen = view.open.filter(isChosen)
        }
        return [withProgress(view, chosen, ({ position }) => -position)]
      },
    }
  },
})
