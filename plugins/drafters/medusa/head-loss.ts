import type { DraftHead } from "@parade/drafting"
import {
  crossEntropyRows,
  klDivergenceRows,
  type Feeds,
  GraphBuilder,
  type Graph,
  linear,
  type Lowering,
  type Matrix,
  ops,
  tensor,
} from "@parade/graph"
import { embeddingOf, headRows } from "./head-graph.ts"
import type { Places } from "./states.ts"

/**
 * What heads learn to say: the model's own tokens (equation 1), or all that the model gave a chance at that place, which
 * teaches more where texts are few.
 */
export type Labels = "tokens" | "distributions"

/** What heads are trained by. */
export interface HeadLoss {
  readonly heads: number
  readonly batch: number
  /** `λ` of the paper: head `k` weighs `λ^(k-1)`. */
  readonly decay: number
  readonly labels: Labels
  /** Heads have matrices `M`, and read the newest token. */
  readonly outputMatrix: boolean
  readonly newestToken: boolean
  /** The LM head that all of them share, or its rows of the tokens they guess among; not trained. */
  readonly lmHead: Matrix
  readonly lowering: Lowering
}

/** The identity of the weights that are trained. */
export const isHead = (name: string): boolean => name.startsWith("heads.")

/**
 * `L = Σ_k λ^(k-1) · CE(p⁽ᵏ⁾, x_{t+k+1})` over a batch of states (equation 1), or by distributions
 * `Σ_k λ^(k-1) · KL(p(· | h_{t+k}) ‖ p⁽ᵏ⁾)`, and each head's own mean as `loss.head<k>`.
 * Inputs: `hidden` `[B, width]`, `targets.<k>` int64 `[B]` or `states.<k>` `[B, width]`, `weights.<k>` `[B]`, 0 where the text has ended before or no head can say the token.
 */
export const headLoss = ({
  heads,
  batch,
  decay,
  labels,
  outputMatrix,
  newestToken,
  lmHead,
  lowering,
}: HeadLoss): Graph => {
  const g = new GraphBuilder("medusa", lowering)
  const width = lmHead.columns
  const hidden = g.input("hidden", "float32", [batch, width])
  const embedded = newestToken ? g.input("embedded", "float32", [batch, width]) : undefined
  const identity = new Float32Array(width * width)
  for (let i = 0; i < width; i++) identity[i * width + i] = 1
  const start = {
    matrix: new Float32Array(width * width),
    bias: new Float32Array(width),
    ...(outputMatrix && { output: identity }),
    ...(newestToken && { token: new Float32Array(width * width) }),
  }
  const number = (value: number) => g.constant("float32", [], [value])
  let loss = number(0)
  for (let head = 1; head <= heads; head++) {
    const logits = linear(g, headRows(g, { hidden, embedded }, head, width, start), lmHead)
    const rows =
      labels === "tokens"
        ? crossEntropyRows(g, logits, g.input(`targets.${head}`, "int64", [batch]))
        : klDivergenceRows(g, linear(g, g.input(`states.${head}`, "float32", [batch, width]), lmHead), logits)
    const weights = ops.reshape(g, g.input(`weights.${head}`, "float32", [batch]), [batch, 1])
    const mean = ops.reshape(g, ops.reduceMean(g, ops.mul(g, rows, weights), [0, 1]), [])
    g.output(`loss.head${head}`, mean)
    loss = ops.add(g, loss, ops.mul(g, mean, number(decay ** (head - 1))))
  }
  g.output("loss", loss)
  return g.build()
}

/** The feeds of a batch: some places. `idOf`: the draft id of a token, or less than 0 where there is none. */
export const lossFeeds = (
  places: Places,
  some: readonly number[],
  {
    heads,
    width,
    labels,
    newestToken,
  }: Pick<HeadLoss, "heads" | "labels" | "newestToken"> & { readonly width: number },
  idOf: (token: number) => number,
  draft: DraftHead | undefined,
): Feeds => {
  const batch = some.length
  const hidden = new Float32Array(batch * width)
  const feeds: Record<string, Feeds[string]> = { hidden: tensor("float32", [batch, width], hidden) }
  for (const [i, place] of some.entries()) {
    const row = places.row(place)
    hidden.set(places.text(place).states(row, row + 1), i * width)
  }
  if (newestToken) {
    const embedded = new Float32Array(batch * width)
    for (const [i, place] of some.entries()) {
      const token = places.text(place).tokens[places.row(place) + 1]!
      embedded.set(embeddingOf(draft!, idOf(token), width), i * width)
    }
    feeds["embedded"] = tensor("float32", [batch, width], embedded)
  }
  for (let head = 1; head <= heads; head++) {
    const targets = new BigInt64Array(batch)
    const weights = new Float32Array(batch)
    for (const [i, place] of some.entries()) {
      // The LM head says what comes next; head k, what comes k places after that.
      const token = places.text(place).tokens[places.row(place) + 1 + head]
      const id = token === undefined ? -1 : idOf(token)
      targets[i] = BigInt(Math.max(0, id))
      weights[i] = id < 0 ? 0 : 1
    }
    if (labels === "tokens") feeds[`targets.${head}`] = tensor("int64", [batch], targets)
    else {
      const states = new Float32Array(batch * width)
      for (const [i, place] of some.entries())
        if (weights[i] === 1) {
          // The state that decided the token.
          const row = places.row(place) + head
          states.set(places.text(place).states(row, row + 1), i * width)
        }
      feeds[`states.${head}`] = tensor("float32", [batch, width], states)
    }
    feeds[`weights.${head}`] = tensor("float32", [batch], weights)
  }
  return feeds
}
