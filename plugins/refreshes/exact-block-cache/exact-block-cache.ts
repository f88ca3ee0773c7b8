import { DecodeError } from "@parade/core"
import { positionRange, type Refresh } from "@parade/denoising"

export interface ExactBlockCacheOptions {
  /** Positions in a block of the prompt, counted from its first row; by default as many as the weights were trained on. */
  readonly block?: number | undefined
  /** Within a block, compute the part that is being filled alone, over the other rows of the block as they were. */
  readonly reuse?: boolean
}

/** Of weights that do not say it, as in the paper. */
const paperBlock = 32

const blocksDiffer = (filled: number, seen: number): DecodeError =>
  new DecodeError({
    code: "denoise.blocks-differ",
    message: `Blocks of ${filled} are filled where rows see blocks of ${seen}.`,
    advice: "Set the length of the schedule's blocks and the block of the refresh to the same.",
  })

/**
 * For models whose rows see their own block and those before it, and nothing behind (block diffusion): what lies behind
 * a block is not computed at all, and a finished block is computed once more, clean, and kept for good. That happens in
 * the forward that begins the next one, so it costs rows but no forward. Exact.
 *
 * With `reuse` it is not (Fast-dLLM v2's cache of sub-blocks): a step computes one part of the block, wherever the first
 * position of the part is filled; the rows of the other parts are those of the last step that computed them.
 */
export const exactBlockCache = ({ block: asked, reuse = false }: ExactBlockCacheOptions = {}): Refresh => ({
  name: "exact-block-cache",
  exact: !reuse,
  block: asked ?? "trained",
  open: ({ promptLength, trainedBlock = paperBlock }) => {
    const block = asked ?? trainedBlock
    /** Rows before this position are kept for good. */
    let kept = -promptLength
    /** The block whose rows are kept for now, by its beginning. */
    let reused: number | undefined
    const starts: number[] = []
    const rank = (position: number): number => {
      if (position < starts[0]!) return Math.floor((promptLength + position) / block)
      const inPrompt = Math.ceil((promptLength + starts[0]!) / block)
      let passed = 0
      while (passed < starts.length && starts[passed]! <= position) passed++
      return inPrompt + passed
    }
    return {
      plan(state, { block: { start, end }, part = { start, end } }) {
        if (end - start > block) throw blocksDiffer(end - start, block)
        if (starts.at(-1) !== start) starts.push(start)
        const inParts = reuse && (part.start > start || part.end < end)
        if (inParts && reused === start && state.cells[part.start] !== -1) {
          const compute = positionRange(part.start, Math.min(part.end, state.length))
          return { compute, keep: compute, rank }
        }
        const compute = positionRange(kept, Math.min(end, state.length))
        const keep = inParts ? compute : positionRange(kept, start)
        kept = Math.max(kept, start)
        reused = inParts ? start : undefined
        return { compute, keep, rank }
      },
    }
  },
})
