import { type CanvasView, type Edit, editOf, type Prediction, ranked, type Unmasker } from "@parade/denoising"

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
  /** More urgent groups come first, so that guesses may go on into a block ahead. */
  const order = ({ groups }: CanvasView): readonly Prediction[] =>
    groups.flatMap((group) =>
      ranked(group, ({ confidence, position }) => (by === "confidence" ? confidence : -position)),
    )
  /** How many of the positions, in order, a step fills. */
  const stepSize = (inOrder: readonly Prediction[]): number => {
    const failing = inOrder.findIndex(({ confidence }) => confidence < threshold)
    return Math.max(1, failing < 0 ? inOrder.length : failing)
  }
  return {
    name: "freedave",
    readsTop: 1,
    proposesSeveral: true,
    open: () => {
      let verified = 0
      return {
        propose(view) {
          const inOrder = order(view)
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
            const { state } = views[best]!
            const inOrder = order(views[best]!)
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
