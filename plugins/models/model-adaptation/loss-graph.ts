import {
  copyGraph,
  crossEntropy,
  type Device,
  type Feeds,
  type Graph,
  GraphBuilder,
  type LowRank,
  lowRankRule,
  ops,
  tensor,
} from "@parade/graph"
import { trainingFeeds, trainingGraph, type TrainingRequest } from "@parade/transformer"
import type { NoisySequence } from "./noisy-sequence.ts"

/** Far below any logit: the mask has no share of any softmax, as it is never drawn when decoding. */
export const impossible = -1e9

/** The loss of a batch by rows' weights, `Σ w·CE / Σ w`, the mask ruled out; with corrections of low rank beside matrices where those are given. */
export const lossGraph = (
  request: TrainingRequest,
  mask: number,
  device: Device,
  lowRank?: LowRank,
): Graph => {
  const plain = { kind: device.lowering, without: device.without }
  const lowering = lowRank === undefined ? plain : { ...plain, linear: lowRankRule(lowRank) }
  const g = new GraphBuilder("adaptation", lowering)
  const { count, length } = request.sequences as { readonly count: number; readonly length: number }
  const { vocabulary } = request.architecture
  const noMask = Array.from({ length: vocabulary }, (_, id) => (id === mask ? impossible : 0))
  const logits = ops.add(
    g,
    copyGraph(g, trainingGraph({ ...request, lowering })).get("logits")!,
    g.constant("float32", [vocabulary], noMask),
  )
  const targets = g.input("targets", "int64", [count * length])
  g.output("loss", crossEntropy(g, logits, targets, g.input("weights", "float32", [count * length])))
  return g.build()
}

/**
 * What the graph is fed for a batch. Every term of the loss is a mean over the batch by its own weights; `shares` says
 * how much each term counts.
 */
export const feedsOf = (
  { architecture, attention }: TrainingRequest,
  sequences: readonly NoisySequence[],
  shares: readonly number[],
): Feeds => {
  const rows = sequences.reduce((sum, { tokens }) => sum + tokens.length, 0)
  const weights = new Float32Array(rows)
  const targets = new BigInt64Array(rows)
  shares.forEach((share, term) => {
    const total = sequences.reduce((sum, sequence) => sequence.weights[term]!.reduce((a, b) => a + b, sum), 0)
    let at = 0
    for (const sequence of sequences)
      for (const weight of sequence.weights[term]!) {
        if (weight > 0) weights[at]! += (share * weight) / total
        at++
      }
  })
  let at = 0
  for (const sequence of sequences) for (const target of sequence.targets) targets[at++] = BigInt(target)
  return {
    ...trainingFeeds(
      architecture,
      attention,
      sequences.map(({ tokens, positions, sees }) => ({
        tokens,
        positions,
        visibility: { rule: "dense", mask: sees },
      })),
    ),
    targets: tensor("int64", [rows], targets),
    weights: tensor("float32", [rows], weights),
  }
}
