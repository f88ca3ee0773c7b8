import type { Canvas, History } from "@parade/core"
import type { CanvasState, Edit } from "@parade/denoising"

/** The state of a canvas under way. */
export const stateOf = (canvas: Canvas, promptLength: number): CanvasState => {
  const { length, filled, masked, spans, answer, leastLength, isEnd } = canvas
  return { promptLength, length, cells: canvas.cells, filled, masked, spans, answer, leastLength, isEnd }
}

/** The state a candidate would leave; the canvas itself stays as it is. */
export const stateAfter = (state: CanvasState, { positions, tokens, cut }: Edit): CanvasState => {
  const length = cut ?? state.length
  const cells = state.cells.slice()
  for (const [i, position] of positions.entries()) cells[position] = tokens[i]!
  const left = cells.subarray(0, length)
  return {
    ...state,
    length,
    cells: left,
    filled: state.filled + positions.length,
    masked: left.reduce((count, cell) => (cell < 0 ? count + 1 : count), 0),
  }
}

/** Prompt and canvas as a sampler sees them; `-1` where masked, as where a prompt row was a vector. */
export const historyOf = (prompt: Int32Array, { cells }: CanvasState): History => {
  const tokens = new Int32Array(prompt.length + cells.length)
  tokens.set(prompt)
  tokens.set(cells, prompt.length)
  return { length: tokens.length, promptLength: prompt.length, tokens }
}
