import { type CanvasState, maskedPositions, type Schedule, stageOf } from "@parade/denoising"
import { integer, stream } from "../_hash.ts"

/** A canvas of which nothing but some given positions is filled. */
export const emptyState = (
  promptLength: number,
  length: number,
  given: readonly number[] = [],
): CanvasState => {
  const cells = new Int32Array(length).fill(-1)
  for (const position of given) cells[position] = 0
  return {
    promptLength,
    length,
    cells,
    filled: 0,
    masked: length - given.length,
    spans: {},
    answer: { start: 0, end: length },
    leastLength: Math.max(0, ...given.map((position) => position + 1)),
    isEnd: () => false,
  }
}

/** The canvas with positions filled, and cut to a length. */
export const filledState = (
  state: CanvasState,
  positions: readonly number[],
  length: number = state.length,
): CanvasState => {
  const cells = state.cells.slice(0, length)
  for (const position of positions) if (position < length) cells[position] = 1
  const masked = cells.filter((cell) => cell < 0).length
  return { ...state, length, cells, masked, filled: state.filled + positions.length }
}

/** Some of the positions, at least one, a pure function of the seed. */
export const some = (positions: readonly number[], seed: number): readonly number[] => {
  const next = stream(seed)
  const chosen = positions.filter(() => next() < 0.4)
  return chosen.length > 0 ? chosen : [positions[integer(next, positions.length)]!]
}

/** Blocks in the plainest way. */
export const plainBlocks = (length: number): Schedule => ({
  name: "plain-blocks",
  open: () => ({
    next: (state) => {
      const index = Math.floor(state.cells.indexOf(-1) / length)
      const block = { start: index * length, end: Math.min((index + 1) * length, state.length) }
      return stageOf(index, block, maskedPositions(state, block.start, block.end))
    },
  }),
})

/** A block and the one behind it. */
export const plainBlocksAhead = (length: number): Schedule => ({
  name: "plain-blocks-ahead",
  open: (shape) => {
    const blocks = plainBlocks(length).open(shape)
    return {
      next: (state) => {
        const stage = blocks.next(state)
        const ahead = maskedPositions(state, stage.block.end, stage.block.end + length)
        return ahead.length === 0
          ? stage
          : { ...stage, groups: [...stage.groups, { positions: ahead, mustProgress: false }] }
      },
    }
  },
})
