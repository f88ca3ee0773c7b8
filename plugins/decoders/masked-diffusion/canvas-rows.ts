import { Label, type ModelInfo, type Rows } from "@parade/core"
import type { CanvasState } from "@parade/denoising"

/**
 * Rows of prompt and canvas at the given positions (the prompt's are negative), as each of `states` has them, one
 * state after the other; masked positions hold the mask token.
 */
export const canvasRows = (
  info: ModelInfo,
  prompt: Rows,
  states: readonly CanvasState[],
  positions: Int32Array,
): Rows => {
  const { positionAxes: axes, width } = info
  const promptLength = prompt.tokens.length
  const count = positions.length * states.length
  const tokens = new Int32Array(count)
  const places = new Int32Array(count * axes)
  const labels = new Int32Array(count)
  const vectors: Float32Array[] = []
  // Vectors of the prompt come in the order of its rows.
  const vectorOf = new Int32Array(promptLength)
  for (let i = 0, vector = 0; i < promptLength; i++) vectorOf[i] = prompt.tokens[i]! < 0 ? vector++ : -1

  for (const [k, { cells }] of states.entries())
    for (let i = 0; i < positions.length; i++) {
      const position = positions[i]!
      const row = k * positions.length + i
      const at = promptLength + position
      if (position < 0) {
        tokens[row] = prompt.tokens[at]!
        labels[row] = prompt.labels?.[at] ?? Label.prompt
        if (tokens[row]! < 0)
          vectors.push(prompt.vectors!.subarray(vectorOf[at]! * width, (vectorOf[at]! + 1) * width))
      } else {
        tokens[row] = cells[position]! < 0 ? info.maskToken! : cells[position]!
        labels[row] = Label.output
      }
      for (let axis = 0; axis < axes; axis++)
        places[row * axes + axis] = position < 0 ? prompt.positions[at * axes + axis]! : at
    }
  const rows = { tokens, positions: places, labels }
  if (vectors.length === 0) return rows
  const joined = new Float32Array(vectors.length * width)
  for (const [i, vector] of vectors.entries()) joined.set(vector, i * width)
  return { ...rows, vectors: joined }
}
