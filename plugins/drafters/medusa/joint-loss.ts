import {
  copyGraph,
  crossEntropyRows,
  type Feeds,
  GraphBuilder,
  type Graph,
  klDivergenceRows,
  linear,
  type Lowering,
  type LowRank,
  lowRankRule,
  type Matrix,
  meanOverRows,
  ops,
  tensor,
} from "@parade/graph"
import type { ModelText } from "@parade/recipes"
import {
  type Backbone,
  namedTensors,
  trainingFeeds,
  trainingGraph,
  type TrainingRequest,
} from "@parade/transformer"
import { headRows, type HeadWeights } from "./head-graph.ts"

/** What model and heads are trained by. */
export interface JointLoss {
  readonly backbone: Backbone
  readonly batch: number
  /** Tokens of a text, at most; shorter ones are filled up. */
  readonly length: number
  /** Where the heads start. */
  readonly heads: readonly HeadWeights[]
  readonly correction: LowRank
  /** `λ0` of the paper: how much the heads weigh beside the model. */
  readonly share: number
  /** `λ`: head `k` weighs `λ^(k-1)`. */
  readonly decay: number
  /** The LM head; not trained. */
  readonly lmHead: Matrix
}

/** The model as it is trained. */
export const jointRequest = ({ backbone, batch, length }: JointLoss): TrainingRequest => ({
  architecture: backbone.architecture,
  attention: backbone.attention,
  tensors: namedTensors(backbone.tensors),
  sequences: { count: batch, length },
  outputs: ["hidden.final"],
})

/**
 * `KL(p_original ‖ p_current) + λ0 Σ_k λ^(k-1) · CE(p⁽ᵏ⁾, x_{t+k+1})` (section 2.3.2): the model with adapters against what
 * it says without them, and heads on its states. `loss.model`, `loss.head<k>`; `ce` and `ce.before`, in nats a token of
 * the texts, by the model with and without adapters. Inputs: those of {@link trainingGraph}, `states` `[B·L, width]` without
 * adapters, and for `k` from 0 `targets.<k>` int64 and `weights.<k>` `[B·L]`.
 */
export const jointLoss = (joint: JointLoss, lowering: Lowering): Graph => {
  const { batch, length, heads, correction, share, decay, lmHead } = joint
  const g = new GraphBuilder("medusa-2", lowering)
  const rows = batch * length
  const width = lmHead.columns
  const number = (value: number) => g.constant("float32", [], [value])
  const corrected = { ...lowering, linear: lowRankRule(correction) }
  const model = copyGraph(g, trainingGraph({ ...jointRequest(joint), lowering: corrected }))
  const [hidden, logits] = [model.get("hidden.final")!, model.get("logits")!]
  const before = linear(g, g.input("states", "float32", [rows, width]), lmHead)
  const targets = Array.from({ length: heads.length + 1 }, (_, k) => ({
    tokens: g.input(`targets.${k}`, "int64", [rows]),
    weights: g.input(`weights.${k}`, "float32", [rows]),
  }))
  const [next] = targets
  const own = meanOverRows(g, klDivergenceRows(g, before, logits), next!.weights)
  g.output("loss.model", own)
  g.output("ce", meanOverRows(g, crossEntropyRows(g, logits, next!.tokens), next!.weights))
  g.output("ce.before", meanOverRows(g, crossEntropyRows(g, before, next!.tokens), next!.weights))
  let loss = own
  for (const [i, weights] of heads.entries()) {
    const target = targets[i + 1]!
    const guesses = linear(g, headRows(g, { hidden }, i + 1, width, weights), lmHead)
    const mean = meanOverRows(g, crossEntropyRows(g, guesses, target.tokens), target.weights)
    g.output(`loss.head${i + 1}`, mean)
    loss = ops.add(g, loss, ops.mul(g, mean, number(share * decay ** i)))
  }
  g.output("loss", loss)
  return g.build()
}

/** The feeds of a batch. The model is compared at every state, heads learn from its own words alone. */
export const jointFeeds = (joint: JointLoss, texts: readonly ModelText[]): Feeds => {
  const { backbone, batch, length, heads, lmHead } = joint
  const { architecture, attention } = backbone
  const rows = batch * length
  const states = new Float32Array(rows * lmHead.columns)
  const targets = Array.from({ length: heads.length + 1 }, () => ({
    tokens: new BigInt64Array(rows),
    weights: new Float32Array(rows),
  }))
  for (const [t, { tokens, from, states: own }] of texts.entries()) {
    states.set(own(), t * length * lmHead.columns)
    for (let i = 0; i + 1 < tokens.length; i++)
      for (const [k, target] of targets.entries()) {
        const token = tokens[i + k + 1]
        if (token === undefined || (k > 0 && i < from - 1)) continue
        target.tokens[t * length + i] = BigInt(token)
        target.weights[t * length + i] = 1
      }
  }
  const padded = texts.map(({ tokens }) => {
    const all = new Int32Array(length)
    all.set(tokens)
    return { tokens: all }
  })
  return {
    ...trainingFeeds(architecture, attention, padded),
    states: tensor("float32", [rows, lmHead.columns], states),
    ...Object.fromEntries(
      targets.flatMap(({ tokens, weights }, k) => [
        [`targets.${k}`, tensor("int64", [rows], tokens)],
        [`weights.${k}`, tensor("float32", [rows], weights)],
      ]),
    ),
  }
}
