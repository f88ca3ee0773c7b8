import {
  binaryCrossEntropyRows,
  type Feeds,
  type Graph,
  GraphBuilder,
  linear,
  type Lowering,
  meanOverRows,
  ops,
  tensor,
} from "@parade/graph"
import { normals } from "@parade/training"
import type { ExampleTable } from "./examples.ts"
import type { FilterWeights } from "./filter.ts"

const layers = ["first", "second"] as const

/** The names of a filter's parameters. */
export const parameterNames: readonly string[] = layers.flatMap((layer) => [
  `${layer}.matrix`,
  `${layer}.bias`,
])

/** The weights by their names. */
export const weightsFrom = (block: number, read: (name: string) => Float32Array): FilterWeights => {
  const [first, second] = layers.map((layer) => ({
    matrix: read(`${layer}.matrix`),
    bias: read(`${layer}.bias`),
  }))
  return { block, first: first!, second: second! }
}

/**
 * Binary cross-entropy of the filter's logits with what was final, the mean over all positions of all examples, masked
 * and filled alike. Inputs: `confidences` and `labels` `[count, B]`.
 */
export const filterLoss = (count: number, block: number, seed: number, lowering: Lowering): Graph => {
  const g = new GraphBuilder("learn2pd", lowering)
  const draw = normals(seed)
  const layer = (x: Parameters<typeof linear>[1], name: (typeof layers)[number]) => {
    const next = draw(name)
    const matrix = {
      kind: "dense",
      rows: block,
      columns: block,
      identity: `${name}.matrix`,
      values: () => Float32Array.from({ length: block * block }, () => next() / Math.sqrt(block)),
    } as const
    const bias = { length: block, identity: `${name}.bias`, values: () => new Float32Array(block) }
    return linear(g, x, matrix, bias)
  }
  const confidences = g.input("confidences", "float32", [count, block])
  const logits = layer(ops.relu(g, layer(confidences, "first")), "second")
  const losses = binaryCrossEntropyRows(g, logits, g.input("labels", "float32", [count, block]))
  g.output("loss", meanOverRows(g, losses))
  return g.build()
}

/** All examples of a table as one batch. */
export const filterFeeds = ({ count, block, confidences, labels }: ExampleTable): Feeds => ({
  confidences: tensor("float32", [count, block], confidences),
  labels: tensor("float32", [count, block], labels),
})
