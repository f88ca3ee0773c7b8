import type { LinearRule } from "../lowering.ts"
import type { Matrix } from "../matrix.ts"
import * as ops from "../ops/mod.ts"
import { floatConstant } from "./_weights.ts"

/** A correction of low rank beside linear layers (LoRA; Hu et al. 2021): `y = W·x + (alpha / rank) · B·(A·x)`. */
export interface LowRank {
  readonly rank: number
  readonly alpha: number
  /** Which matrices get one, by identity. */
  readonly matches: (identity: string) => boolean
  /** Independent normal numbers for the start of `A`, the same for the same name; `B` starts as zeros. */
  readonly draw: (name: string) => () => number
}

/** The identities of the two matrices beside one: `A` `[rank, columns]` and `B` `[rows, rank]`. */
export const lowRankNames = (identity: string): { readonly a: string; readonly b: string } => ({
  a: `${identity}.lora_A`,
  b: `${identity}.lora_B`,
})

/** Whether a weight is one of those matrices: what is trainable beside a frozen model. */
export const isLowRank = (identity: string): boolean => /\.lora_[AB]$/.test(identity)

/**
 * The rule of a builder's `lowering` by which every linear layer that matches gets its correction, whatever graph is
 * built: models need not know of it.
 *
 * @example
 * ```ts
 * const lowering = { kind: "exact", linear: lowRankRule({ rank: 8, alpha: 16, matches: () => true, draw }) } as const
 * ```
 * @throws GraphError while building, where the rank is not between 1 and the sides of a matrix.
 */
export const lowRankRule =
  ({ rank, alpha, matches, draw }: LowRank): LinearRule =>
  (x, matrix, multiply, g) => {
    const product = multiply(matrix)
    if (!matches(matrix.identity)) return product
    const { rows, columns, identity } = matrix
    if (!Number.isSafeInteger(rank) || rank < 1 || rank > Math.min(rows, columns))
      throw g.refuse("lowRank", [x], `"${identity}" [${rows}, ${columns}] has no correction of rank ${rank}`)
    const names = lowRankNames(identity)
    // Gaussian, as in the paper, with the spread that keeps the length of rows.
    const start = (): Float32Array => {
      const next = draw(names.a)
      return Float32Array.from({ length: rank * columns }, () => next() / Math.sqrt(columns))
    }
    const a: Matrix = { kind: "dense", rows: rank, columns, identity: names.a, values: start }
    const b: Matrix = {
      kind: "dense",
      rows,
      columns: rank,
      identity: names.b,
      values: () => new Float32Array(rows * rank),
    }
    const inner = ops.gemm(g, x, floatConstant(g, a))
    const scale = g.constant("float32", [], [alpha / rank])
    return ops.add(g, product, ops.mul(g, ops.gemm(g, inner, floatConstant(g, b)), scale))
  }

/** `W + (alpha / rank) · B·A`: the matrix with its correction in it, which costs nothing when it decodes. */
export const mergeLowRank = (
  {
    rows,
    columns,
    rank,
    alpha,
  }: { readonly rows: number; readonly columns: number } & Pick<LowRank, "rank" | "alpha">,
  values: { readonly matrix: Float32Array; readonly a: Float32Array; readonly b: Float32Array },
): Float32Array => {
  const { matrix, a, b } = values
  const merged = new Float32Array(rows * columns)
  const row = new Float64Array(columns)
  for (let i = 0; i < rows; i++) {
    row.fill(0)
    for (let k = 0; k < rank; k++) {
      const share = (alpha / rank) * b[i * rank + k]!
      for (let j = 0; j < columns; j++) row[j]! += share * a[k * columns + j]!
    }
    for (let j = 0; j < columns; j++) merged[i * columns + j] = matrix[i * columns + j]! + row[j]!
  }
  return merged
}
