import { type Edit, editOf, type Unmasker } from "@parade/denoising"
import { blockConfidences } from "./learn2pd.ts"

/** A state of a block as a filter learns from it. */
export interface Example {
  /** What the filter sees, `[B]`. */
  readonly confidences: Float64Array
  /** `[B]`: 1 where the prediction is the reference's token, at filled positions too. */
  readonly labels: Uint8Array
  /** `[B]`: 1 where the position is masked, which is where a filter decides. */
  readonly masked: Uint8Array
}

/** What an oracle told of its decodings. */
export interface OracleRecord {
  readonly examples: Example[]
  /** How often nothing masked was predicted right, so that the block was filled from the reference. */
  forced: number
}

/**
 * The extremely greedy oracle (EGP): every masked position is filled whose prediction is the reference's token, because it
 * knows the reference; where none is, the rest of the block is, so that decoding goes on. Every state it comes by is
 * told to `record`.
 */
export const oracle = (
  reference: (position: number) => number,
  block: number,
  record: OracleRecord,
): Unmasker => ({
  name: "oracle",
  readsTop: 1,
  reads: ({ length }, { block: { start, end } }) => {
    const from = Math.max(0, start)
    return Int32Array.from({ length: Math.min(end, length) - from }, (_, i) => from + i)
  },
  open: () => ({
    propose(view) {
      const { state, stage, open } = view
      const from = Math.max(0, stage.block.start)
      const isRight = (position: number): boolean => {
        const prediction = view.prediction(position)
        return position >= state.length || prediction?.token === reference(position)
      }
      const places = Array.from({ length: block }, (_, i) => from + i)
      record.examples.push({
        confidences: blockConfidences(view, block),
        labels: Uint8Array.from(places, (position) => Number(isRight(position))),
        masked: Uint8Array.from(places, (position) => Number(state.cells[position] === -1)),
      })
      const right = open.filter(({ position }) => isRight(position))
      if (right.length > 0) return [editOf(right)]
      record.forced++
      const edit: Edit = {
        positions: open.map(({ position }) => position),
        tokens: open.map(({ position }) => reference(position)),
      }
      return [edit]
    },
  }),
})
