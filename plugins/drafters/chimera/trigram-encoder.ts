import {
  activate,
  GraphBuilder,
  type Graph,
  linear,
  type Lowering,
  type Matrix,
  multiplyDimensions,
  ops,
  type Value,
} from "@parade/graph"
import type { Weights } from "./weights.ts"

/**
 * The names of the encoder's weights: `A` `[3e, 3e]` and `b` `[3e]` of the residual block, and `P` `[d, 3e]`; and `E` `[e, d]`, by which
 * embedding rows become narrower first, of an encoder that has it.
 */
export const trigramNames = {
  narrow: "trigram.narrow.weight",
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

/**
 * `g = P (x + SiLU(A x + b))` of embedding rows of three tokens side by side, `[T, 3d]` → `[T, d]`; where there is an `E`, `x` is made of
 * `E` times each of them.
 */
export const trigramRows = (
  g: GraphBuilder,
  embedded: Value,
  { width, weights, scale, form = (matrix) => matrix }: TrigramEncoder,
): Value => {
  const matrix = (identity: string, rows: number, columns: number): Matrix =>
    form({ kind: "dense", rows, columns, identity, values: () => weights.get(identity)! })
  const { narrow, mix, bias, project } = trigramNames
  const each = (weights.get(narrow)?.length ?? width * width) / width
  const wide = 3 * each
  const rows = embedded.shape[0]!
  const three = scale === 1 ? embedded : ops.mul(g, embedded, g.constant("float32", [], [scale]))
  const apart = (): Value => ops.reshape(g, three, [multiplyDimensions(3, rows), width])
  const scaled = weights.has(narrow)
    ? ops.reshape(g, linear(g, apart(), matrix(narrow, each, width)), [rows, wide])
    : three
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
