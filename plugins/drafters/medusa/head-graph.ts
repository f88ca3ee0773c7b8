import type { DraftHead } from "@parade/drafting"
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
  /**
   * `M` `[width, width]`: what the head gives the LM head's rows is turned by it, so that `W2⁽ᵏ⁾ = W_LM M⁽ᵏ⁾` is an LM head of its own
   * for a fraction of its size.
   */
  readonly output?: Float32Array | undefined
  /** `E` `[width, width]`: added to `W1 h` is `E` times the embedding of the newest token, as Hydra's first head reads it. */
  readonly token?: Float32Array | undefined
}

/** The parts of a head's weights. */
export type HeadPart = "weight" | "bias" | "output" | "token"

/**
 * What heads read of the newest token: its row of the LM head, which serves many models as the embedding too, at unit length per
 * number, since rows are of other sizes than states; zeros for a token that has no draft id.
 */
export const embeddingOf = ({ rows }: DraftHead, id: number, width: number): Float32Array => {
  if (id < 0) return new Float32Array(width)
  const row = rows.slice(id * width, (id + 1) * width)
  const square = row.reduce((sum, value) => sum + value * value, 0)
  const factor = square === 0 ? 0 : Math.sqrt(width / square)
  return row.map((value) => value * factor)
}

/** The name of a head's weights, counted from 1 as in the paper. */
export const headName = (head: number, part: HeadPart): string => `heads.${head}.${part}`

/** What heads read, `[T, width]` each. */
export interface HeadInputs {
  readonly hidden: Value
  /** The embedding of the token that follows; of heads that read it. */
  readonly embedded?: Value | undefined
}

/**
 * What head `k` gives the LM head to read: `SiLU(W1⁽ᵏ⁾ h + b⁽ᵏ⁾) + h` (section 2.1.1), for rows `h` `[T, width]`. With
 * `W1` and `b` zero it is `h` itself. Heads may have more: `M (SiLU(W1 h + E e + b) + h)`. `form`: how matrices are held.
 */
export const headRows = (
  g: GraphBuilder,
  { hidden, embedded }: HeadInputs,
  head: number,
  width: number,
  { matrix, bias, output, token }: HeadWeights,
  form: (matrix: Matrix) => Matrix = (matrix) => matrix,
): Value => {
  const square = (part: HeadPart, values: Float32Array): Matrix =>
    form({ kind: "dense", rows: width, columns: width, identity: headName(head, part), values: () => values })
  const offset = { length: width, identity: headName(head, "bias"), values: () => bias }
  const own = linear(g, hidden, square("weight", matrix), offset)
  const turned = token === undefined ? own : ops.add(g, own, linear(g, embedded!, square("token", token)))
  const rows = ops.add(g, activate(g, turned, "silu"), hidden)
  return output === undefined ? rows : linear(g, rows, square("output", output))
}

/** Whether heads read the newest token. */
export const readsToken = (weights: readonly HeadWeights[]): boolean =>
  weights.some(({ token }) => token !== undefined)

/** Heads as they run: their weights, and what they guess among where that is not the whole vocabulary. */
export interface RunningHeads {
  readonly width: number
  readonly weights: readonly HeadWeights[]
  readonly draft?: DraftHead | undefined
  /** By head: what its logits are divided by, so that its chances are as good as they say. Ones where absent. */
  readonly temperatures?: readonly number[] | undefined
}

/**
 * All heads on one row: `hidden`, and `embedded` where they read it, `[1, width]` in, `rows` `[heads, width]` out, for the LM head. Where they have a vocabulary of
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
  const embedded = readsToken(weights) ? g.input("embedded", "float32", [1, width]) : undefined
  const each = weights.map((own, i) => headRows(g, { hidden, embedded }, i + 1, width, own, eightBitBlocks))
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
