import { uniform } from "@parade/core"

/** A noisy copy of a sequence and the sequence itself, `[x_t ; x_0]`, as the model sees them; `rows` in all. */
export interface NoisySequence {
  readonly tokens: Int32Array
  readonly positions: Int32Array
  /** `[rows, rows]`: 1 where a row sees a column. */
  readonly sees: Uint8Array
  /** What a row is to predict. */
  readonly targets: Int32Array
  /** Per term of the loss `[rows]`: what a row counts in it. */
  readonly weights: readonly Float32Array[]
}

/** `[rows, rows]` of 0 and 1; a row always sees itself. */
export const seesMatrix = (rows: number, sees: (row: number, column: number) => boolean): Uint8Array => {
  const matrix = new Uint8Array(rows * rows)
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < rows; j++) matrix[i * rows + j] = i === j || sees(i, j) ? 1 : 0
  return matrix
}

/** Draws that one batch may need. */
const drawsOfBatch = 2 ** 20

/** The draws of a batch, one after the other: a function of seed and place. */
export const noiseDraws = (seed: number, place: number): (() => number) => {
  let draws = place * drawsOfBatch
  return () => uniform(seed, "noise", draws++, 8)
}
