import {
  activate,
  GraphBuilder,
  type Graph,
  linear,
  type Lowering,
  type Matrix,
  ops,
  type Value,
} from "@parade/graph"
import type { Weights } from "./weights.ts"

/** The names of the encoder's weights: `A` `[3d, 3d]` and `b` `[3d]` of the residual block, and `P` `[d, 3d]`. */
export const trigramNames = {
  mix: "trigram.mix.weight",
  bias: "trigram.mix.bias",
  project: "trigram.project.weight",
} as const

/** `[x_{i-2}, x_{i-1}, x_i]`; at the beginning of a text `(x0, x0, x0)` and `(x0, x1, x1)`, and likewise after a vector. */
export const trigramAt = (tokens: ArrayLike<number>, i: number): readonly [number, number, number] => {
  const last = tokens[i]!
  const before = tokens[i - 1] ?? -1
  if (before < 0) return [last, last, last]
  const first = tokens[i - 2] ?? -1
  return first < 0 ? [before, last, last] : [first, before, last]
}

/** What the encoder is made of. */
export interface TrigramEncoder {
  readonly width: number
  readonly weights: Weights
  /** What embedding rows are multiplied with. */
  readonly scale: number
  /** How matrices are held. */
  readonly form?: (matrix: Matrix) => Matrix
}

/** `g = P (x + SiLU(A x + b))` of embedding rows of three tokens side by side, `[T, 3d]` → `[T, d]`. */
export const trigramRows = (
  g: GraphBuilder,
  embedded: Value,
  { width, weights, scale, form = (matrix) => matrix }: TrigramEncoder,
): Value => {
  const matrix = (identity: string, rows: number, columns: number): Matrix =>
    form({ kind: "dense", rows, columns, identity, values: () => weights.get(identity)! })
  const { mix, bias, project } = trigramNames
  const wide = 3 * width
  const scaled = scale === 1 ? embedded : ops.mul(g, embedded, g.constant("float32", [], [scale]))
  const mixed = linear(g, scaled, matrix(mix, wide, wide), {
    length: wide,
    identity: bias,
    values: () => weights.get(bias)!,
  })
  return linear(g, ops.add(g, scaled, activate(g, mixed, "silu")), matrix(project, width, wide))
}

/** The encoder alone: `embedded` `[T, 3d]` in, `rows` `[T, d]` out. */
export const trigramGraph = (encoder: TrigramEncoder, lowering: Lowering): Graph => {
  const g = new GraphBuilder("chimera-trigrams", lowering)
  g.output("rows", trigramRows(g, g.input("embedded", "float32", ["T", 3 * encoder.width]), encoder))
  return g.build()
}
