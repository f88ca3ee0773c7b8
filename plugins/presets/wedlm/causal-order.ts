import { type CanvasState, positionRange, type Refresh } from "@parade/denoising"

const isKnown = ({ cells }: CanvasState, position: number): boolean => position < 0 || cells[position] !== -1

/**
 * Topological reordering: known tokens come first and masks last, each under its own position, and a row sees those
 * that come before it. So every mask sees all that is known, and a known token never sees a mask: once everything to
 * its left is known, its row is that of plain causal decoding and is kept for good. Masks behind the window are not
 * computed. Exact.
 */
export const causalOrder: Refresh = {
  name: "wedlm",
  exact: true,
  block: 1,
  open: ({ promptLength }) => {
    /** Rows before this position are kept. */
    let kept = -promptLength
    return {
      plan(state, { block: { end } }) {
        const first = state.cells.indexOf(-1)
        const compute = positionRange(kept, state.length).filter(
          (position) => position < end || isKnown(state, position),
        )
        const keep = positionRange(kept, first)
        kept = first
        return {
          compute,
          keep,
          rank: (position, canvas) => (isKnown(canvas, position) ? position : canvas.length + position),
        }
      },
    }
  },
}
