import { type Edit, editOf, type Prediction, ranked, type Unmasker } from "@parade/denoising"

export interface FreeDaveOptions {
  /** Steps that are drafted and verified together (`d`). */
  readonly drafts: number
  /** Which position a step fills: the most confident, or the first. */
  readonly by: "confidence" | "position"
  /** Confidence from which a step fills more than one position (`τ` of FreeDave++); one each where absent. */
  readonly threshold?: number | undefined
}

/**
 * FreeDave: from one set of predictions the next states of static decoding, one position per step, are guessed, each
 * filling one position more. All are evaluated together; a guess stands if it is what a static step makes of the guess
 * before it. So the canvas goes through the states of static decoding, several per forward.
 *
 * With a threshold `τ` (FreeDave++) a step fills all positions that reach it, and a guess stands if what it fills is
 * among what the step before it would fill.
 */
export const freedave = ({ drafts, by, threshold = Infinity }: FreeDaveOptions): Unmasker => {
  const order = (open: readonly Prediction[]): readonly Prediction[] =>
    ranked(open, ({ confidence, position }) => (by === "confidence" ? confidence : -position))
  /** How many of the positions, in order, a step fills. */
  const stepSize = (inOrder: readonly Prediction[]): number =>
    Math.max(1, inOrder.filter(({ confidence }) => confidence >= threshold).length)
  return {
    name: "freedave",
    proposesSeveral: true,
    open: () => {
      let verified = 0
      return {
        propose({ open }) {
          const inOrder = order(open)
          const first = stepSize(inOrder)
          const sizes = Array.from(
            { length: Math.min(drafts, inOrder.length - first + 1) },
            (_, k) => first + k,
          )
          verified = 0
          return sizes.map((size) => editOf(inOrder.slice(0, size))) as unknown as [Edit, ...Edit[]]
        },
        settle(candidates, views) {
          let best = 0
          for (;;) {
            const { open, state } = views[best]!
            const inOrder = order(open)
            const target = inOrder.slice(0, stepSize(inOrder))
            const reached = (edit: Edit): boolean => {
              const added = new Map(target.map(({ position, token }) => [position, token]))
              return edit.positions.every(
                (position, i) =>
                  state.cells[position] === edit.tokens[i] || added.get(position) === edit.tokens[i],
              )
            }
            let next = best
            for (let j = candidates.length - 1; j > best; j--)
              if (reached(candidates[j]!)) {
                next = j
                break
              }
            if (next === best) break
            best = next
          }
          verified = best
          return best
        },
        counters: () => ({ verified }),
      }
    },
  }
}
