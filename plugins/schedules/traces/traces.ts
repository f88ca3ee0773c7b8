import { type CanvasState, type Group, maskedPositions, type Schedule } from "@parade/denoising"

export interface TracesOptions {
  /** When the answer opens: when all traces are filled, or with them. */
  readonly answer: "after" | "beside"
}

interface Trace {
  readonly start: number
  readonly end: number
  /** Its masked positions. */
  readonly positions: Int32Array
  /** How many of its positions are filled. */
  readonly filled: number
}

/** The spans beside the answer, from left to right; a position in two of them belongs to the first. */
const tracesOf = (state: CanvasState): readonly Trace[] => {
  const { answer, length } = state
  let behind = 0
  return Object.values(state.spans)
    .filter(({ start, end }) => start !== answer.start || end !== answer.end)
    .map(({ start, end }) => ({ start, end: Math.min(end, length) }))
    .sort((a, b) => a.start - b.start)
    .map((span) => ({ start: Math.max(span.start, behind), end: (behind = Math.max(behind, span.end)) }))
    .filter(({ start, end }) => start < end)
    .map(({ start, end }) => {
      const positions = maskedPositions(state, start, end)
      return { start, end, positions, filled: end - start - positions.length }
    })
}

/**
 * Spans of the canvas that do not need each other, filled side by side, and the answer drawn from them at last (NAP's
 * parallel-forced decoding): a group for each trace, the least filled first, so that whoever shares a step's budget among
 * groups in their order takes turns; then one for all that is in no trace, which is the answer. The traces are the named spans
 * of the target beside its answer; without any, the canvas is one group.
 */
export const traces = ({ answer }: TracesOptions): Schedule => ({
  name: "traces",
  open: () => ({
    next(state) {
      const all = tracesOf(state)
      const unfinished = all
        .filter(({ positions }) => positions.length > 0)
        .toSorted((a, b) => a.filled - b.filled || a.start - b.start)
      const groups: Group[] = unfinished.map(({ positions }, i) => ({ positions, mustProgress: i === 0 }))
      const isDone = unfinished.length === 0
      if (isDone || answer === "beside") {
        const positions = maskedPositions(state).filter(
          (position) => !all.some(({ start, end }) => position >= start && position < end),
        )
        if (positions.length > 0) groups.push({ positions, mustProgress: isDone })
      }
      return { index: isDone ? 1 : 0, block: { start: 0, end: state.length }, groups, force: false }
    },
  }),
})
