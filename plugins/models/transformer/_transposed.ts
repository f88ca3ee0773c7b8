import { ModelError } from "@parade/core"
import type { Matrix } from "@parade/graph"

/** A matrix stored `[in, out]` as `[out, in]`. Blocks run along the wrong axis then, so only floats can be. */
export const transposed = (matrix: Matrix): Matrix => {
  if (matrix.kind !== "dense")
    throw new ModelError({
      code: "model.transposed-blocks",
      message: "Quantised weights of this architecture cannot be transposed.",
      advice: 'Use dtype "auto" or "fp32".',
    })
  const { rows, columns } = matrix
  return {
    kind: "dense",
    rows: columns,
    columns: rows,
    identity: `transposed(${matrix.identity})`,
    values: () => {
      const values = matrix.values()
      const out = new Float32Array(values.length)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++)
          out[column * rows + row] = values[row * columns + column]!
      return out
    },
  }
}
