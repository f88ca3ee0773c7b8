import { ops } from "@parade/graph"
import type { GraphBuilder, LinearRule, Matrix, Value } from "@parade/graph"

/** Rows that linear layers read, and the matrices that read them. */
export interface ObservedInput {
  readonly matrices: Matrix[]
  readonly columns: number
}

/** Notes every linear layer of a graph while it is built. */
export interface ObservedLinears {
  readonly rule: LinearRule
  /** Makes outputs of what goes in (`input.<i>`, `[T, columns]`) and of the squares of what comes out (`energy.<i>`, `[T, 1]`). */
  readonly finish: (g: GraphBuilder) => void
  /** Inputs in the order in which they are first read. */
  readonly inputs: readonly ObservedInput[]
  /** Of each linear layer in the order built, the number of its input. */
  readonly inputOf: readonly number[]
}

export const observeLinears = (): ObservedLinears => {
  const inputs: (ObservedInput & { readonly x: Value; readonly results: Value[] })[] = []
  const inputOf: number[] = []
  return {
    inputs,
    inputOf,
    rule: (x, matrix, multiply) => {
      const result = multiply(matrix)
      let at = inputs.findIndex((input) => input.x === x)
      if (at < 0) at = inputs.push({ x, columns: matrix.columns, matrices: [], results: [] }) - 1
      inputs[at]!.matrices.push(matrix)
      inputs[at]!.results.push(result)
      inputOf.push(at)
      return result
    },
    finish: (g) => {
      for (const [i, { x, results }] of inputs.entries()) {
        const squares = results.map((result) => ops.reduceSum(g, ops.mul(g, result, result)))
        g.output(
          `energy.${i}`,
          squares.reduce((sum, square) => ops.add(g, sum, square)),
        )
        g.output(`input.${i}`, x)
      }
    },
  }
}
