import {
  copyGraph,
  crossEntropyRows,
  type Device,
  entropyRows,
  type Feeds,
  type Graph,
  GraphBuilder,
  type LowRank,
  lowRankRule,
  ops,
  stopGradient,
  tensor,
  type Value,
} from "@parade/graph"
import { trainingFeeds, trainingGraph, type TrainingRequest } from "@parade/transformer"
import { blockMasks } from "./block-masks.ts"

/** A question and the checkpoint's own answer to it, end tokens behind it to the end of the canvas. */
export interface OwnAnswer {
  readonly prompt: readonly number[]
  readonly answer: readonly number[]
}

/** Far below any logit: the mask has no share of any softmax, as it is never drawn when decoding. */
const impossible = -1e9

export interface CertaintyLoss {
  readonly mask: number
  /** How much the entropy counts beside the cross-entropy (`β`). */
  readonly beta: number
  /** Divides the logits whose entropy it is (`τ`). */
  readonly temperature: number
  /** Corrections that are trained in place of the weights. */
  readonly lowRank?: LowRank
}

/**
 * `L_CE + L_CE′ + β (L_H + L_H′)` over a batch of answers, each under a mask and its complement: the cross-entropy of hidden
 * tokens of the block, a mean per view; and the entropy of `softmax(z / τ)` at those of them whose likeliest token is the
 * right one already, a mean over them per view, 0 where there is none. Which those are has no gradient. Outputs `loss`, `ce`,
 * `entropy`, and the share `right` of hidden tokens that are the likeliest.
 */
export const certaintyLoss = (
  request: TrainingRequest,
  device: Device,
  { mask, beta, temperature, lowRank }: CertaintyLoss,
): Graph => {
  const lowering = {
    kind: device.lowering,
    without: device.without,
    ...(lowRank === undefined ? {} : { linear: lowRankRule(lowRank) }),
  }
  const g = new GraphBuilder("certainty", lowering)
  const { count, length } = request.sequences as { readonly count: number; readonly length: number }
  const rows = count * length
  const { vocabulary } = request.architecture
  const number = (value: number): Value => g.constant("float32", [], [value])
  const noMask = Array.from({ length: vocabulary }, (_, id) => (id === mask ? impossible : 0))
  const logits = ops.add(
    g,
    copyGraph(g, trainingGraph({ ...request, lowering })).get("logits")!,
    g.constant("float32", [vocabulary], noMask),
  )
  const targets = g.input("targets", "int64", [rows])
  const hidden = g.input("hidden", "float32", [count, length])

  /** Per view the mean of rows' values by weights, 0 where all weights are; summed over both views, a mean over answers. */
  const mean = (values: Value, weights: Value): Value => {
    const sums = ops.reduceSum(g, ops.mul(g, ops.reshape(g, values, [count, length]), weights), [1])
    const totals = ops.max(g, ops.reduceSum(g, weights, [1]), number(1))
    const all = ops.reduceSum(g, ops.div(g, sums, totals), [0, 1])
    return ops.mul(g, ops.reshape(g, all, []), number(2 / count))
  }

  const wanted = ops.gatherElements(g, logits, ops.reshape(g, targets, [rows, 1]))
  const isLikeliest = ops.cast(g, ops.equal(g, wanted, ops.reduceMax(g, logits)), "float32")
  const right = ops.mul(g, stopGradient(g, ops.reshape(g, isLikeliest, [count, length])), hidden)
  const ce = mean(crossEntropyRows(g, logits, targets), hidden)
  const entropy = mean(entropyRows(g, ops.mul(g, logits, number(1 / temperature))), right)
  g.output("loss", ops.add(g, ce, ops.mul(g, entropy, number(beta))))
  g.output("ce", ce)
  g.output("entropy", entropy)
  const ratio = ops.div(g, ops.reduceSum(g, right, [0, 1]), ops.reduceSum(g, hidden, [0, 1]))
  g.output("right", ops.reshape(g, ratio, []))
  return g.build()
}

/**
 * What the graph is fed for a batch of answers: two sequences for each, the block's tokens hidden in one or the other, all
 * behind it in both. Where masked rows predict the next position, what is asked of a place is asked of the row before it.
 */
export const certaintyFeeds = (
  { architecture, attention, sequences }: TrainingRequest,
  answers: readonly OwnAnswer[],
  options: {
    readonly mask: number
    readonly block: number
    readonly share: number
    readonly draw: () => number
  },
): Feeds => {
  const { mask } = options
  const length = sequences.length as number
  const shift = architecture.maskedRowPredicts === "next" ? 1 : 0
  const rows = 2 * answers.length * length
  const targets = new BigInt64Array(rows)
  const hidden = new Float32Array(rows)
  const views = answers.flatMap(({ prompt, answer }, i) => {
    const { end, hidden: masked } = blockMasks(answer.length, options)
    return masked.map((places, view) => {
      const tokens = new Int32Array(length).fill(mask)
      tokens.set(prompt)
      tokens.set(answer.slice(0, end), prompt.length)
      for (const place of places) {
        const at = prompt.length + place
        tokens[at] = mask
        const row = (2 * i + view) * length + at - shift
        targets[row] = BigInt(answer[place]!)
        hidden[row] = 1
      }
      // What is behind the canvas is not seen by it.
      const used = prompt.length + answer.length
      const branches = Int32Array.from({ length }, (_, at) => Number(at >= used))
      return { tokens, visibility: { rule: "branches", branches, mutual: true } as const }
    })
  })
  return {
    ...trainingFeeds(architecture, attention, views),
    targets: tensor("int64", [rows], targets),
    hidden: tensor("float32", [2 * answers.length, length], hidden),
  }
}
