import { activate, GraphBuilder, type Graph, linear, type Lowering, ops, type Value } from "@parade/graph"

/** The weights of one head: `W1` `[width, width]` and its bias `[width]`, row by row. */
export interface HeadWeights {
  readonly matrix: Float32Array
  readonly bias: Float32Array
}

/** The name of a head's weights, counted from 1 as in the paper. */
export const headName = (head: number, part: "weight" | "bias"): string => `heads.${head}.${part}`

/**
 * What head `k` gives the LM head to read: `SiLU(W1⁽ᵏ⁾ h + b⁽ᵏ⁾) + h` (section 2.1.1), for rows `h` `[T, width]`. With
 * `W1` and `b` zero it is `h` itself.
 */
export const headRows = (
  g: GraphBuilder,
  hidden: Value,
  head: number,
  width: number,
  weights: HeadWeights,
): Value => {
  const matrix = {
    kind: "dense",
    rows: width,
    columns: width,
    identity: headName(head, "weight"),
    values: () => weights.matrix,
  } as const
  const bias = { length: width, identity: headName(head, "bias"), values: () => weights.bias }
  return ops.add(g, activate(g, linear(g, hidden, matrix, bias), "silu"), hidden)
}

/** All heads on one row: `hidden` `[1, width]` in, `rows` `[heads, width]` out, for the LM head. */
export const headsGraph = (heads: readonly HeadWeights[], width: number, lowering: Lowering): Graph => {
  const g = new GraphBuilder("medusa-heads", lowering)
  const hidden = g.input("hidden", "float32", [1, width])
  const rows = heads.map((weights, i) => headRows(g, hidden, i + 1, width, weights))
  g.output("rows", ops.concat(g, rows, 0))
  return g.build()
}
