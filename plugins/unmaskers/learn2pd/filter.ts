/** The weights of a filter over blocks of `B` positions, row by row: matrices `[B, B]`, biases `[B]`. */
export interface FilterWeights {
  /** `B`. */
  readonly block: number
  readonly first: { readonly matrix: Float32Array; readonly bias: Float32Array }
  readonly second: { readonly matrix: Float32Array; readonly bias: Float32Array }
}

/** How much of the predictions of a block is already final: `z` `[B]` of the confidences `c` `[B]` in block order. */
export interface Filter {
  /** `B`. */
  readonly block: number
  readonly logits: (confidences: Float64Array) => Float64Array
}

/** The numbers of a filter over blocks of `B`: `2 (B² + B)`. */
export const parameterCount = (block: number): number => 2 * (block * block + block)

/** `g(c) = W₂ · ReLU(W₁ c + b₁) + b₂`. */
export const filterOf = ({ block, first, second }: FilterWeights): Filter => {
  const layer = ({ matrix, bias }: FilterWeights["first"], x: Float64Array): Float64Array =>
    Float64Array.from({ length: block }, (_, row) => {
      let sum = bias[row]!
      for (let i = 0; i < block; i++) sum += matrix[row * block + i]! * x[i]!
      return sum
    })
  return {
    block,
    logits: (confidences) =>
      layer(
        second,
        layer(first, confidences).map((value) => Math.max(0, value)),
      ),
  }
}
