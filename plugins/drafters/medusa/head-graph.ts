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
import { eightBitBlocks } from "@parade/weights"

/** The weights of one head: `W1` `[width, width]` and its bias `[width]`, row by row. */
export interface HeadWeights {
  readonly matrix: Float32Array
  readonly bias: Float32Array
}

/** Heads that guess among some tokens alone. */
export interface DraftHead {
  /** The token of each draft id. */
  readonly tokens: Int32Array
  /** `[tokens, width]`: the LM head's rows of those tokens. */
  readonly rows: Float32Array
}

/** The name of a head's weights, counted from 1 as in the paper. */
export const headName = (head: number, part: "weight" | "bias"): string => `heads.${head}.${part}`

/**
 * What head `k` gives the LM head to read: `SiLU(W1⁽ᵏ⁾ h + b⁽ᵏ⁾) + h` (section 2.1.1), for rows `h` `[T, width]`. With
 * `W1` and `b` zero it is `h` itself. `form`: how the matrix is held.
 */
export const headRows = (
  g: GraphBuilder,
  hidden: Value,
  head: number,
  width: number,
  weights: HeadWeights,
  form: (matrix: Matrix) => Matrix = (matrix) => matrix,
): Value => {
  const matrix = form({
    kind: "dense",
    rows: width,
    columns: width,
    identity: headName(head, "weight"),
    values: () => weights.matrix,
  })
  const bias = { length: width, identity: headName(head, "bias"), values: () => weights.bias }
  return ops.add(g, activate(g, linear(g, hidden, matrix, bias), "silu"), hidden)
}

/** Heads as they run: their weights, and what they guess among where that is not the whole vocabulary. */
export interface RunningHeads {
  readonly width: number
  readonly weights: readonly HeadWeights[]
  readonly draft?: DraftHead | undefined
  /** By head: what its logits are divided by, so that its chances are as good as they say. Ones where absent. */
  readonly temperatures?: readonly number[] | undefined
}

/**
 * All heads on one row: `hidden` `[1, width]` in, `rows` `[heads, width]` out, for the LM head. Where they have a vocabulary of
 * their own, instead `logits` `[heads, tokens]` of its draft ids, and the `most` likeliest of each head with their chances among
 * these, `places` int64 and `chances` `[heads, most]`. Matrices are held in 8 bits.
 */
export const headsGraph = (
  { width, weights, draft, temperatures = weights.map(() => 1) }: RunningHeads,
  most: number,
  lowering: Lowering,
): Graph => {
  const g = new GraphBuilder("medusa-heads", lowering)
  const hidden = g.input("hidden", "float32", [1, width])
  const each = weights.map((own, i) => headRows(g, hidden, i + 1, width, own, eightBitBlocks))
  const rows = ops.concat(g, each, 0)
  if (draft === undefined) g.output("rows", rows)
  else {
    const matrix = eightBitBlocks({
      kind: "dense",
      rows: draft.tokens.length,
      columns: width,
      identity: "draft.rows",
      values: () => draft.rows,
    })
    const logits = linear(g, rows, matrix)
    g.output("logits", logits)
    const sharpness = g.constant(
      "float32",
      [weights.length, 1],
      temperatures.map((temperature) => 1 / temperature),
    )
    const law = ops.softmax(g, ops.mul(g, logits, sharpness))
    const likeliest = ops.topK(g, law, Math.min(most, draft.tokens.length))
    g.output("places", likeliest.places)
    g.output("chances", likeliest.values)
  }
  return g.build()
}
