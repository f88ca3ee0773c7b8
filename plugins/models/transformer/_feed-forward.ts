import { activate, gatedMlp, linear } from "@parade/graph"
import type { GraphBuilder, Value, Vector } from "@parade/graph"
import type { Architecture, PartWeights } from "@parade/layers"

/** The feed-forward sub-layer, from normalised rows to what is added to the residual. */
export const feedForward = (
  g: GraphBuilder,
  { width: outer, feedForward: { width, activation, gated, bias } }: Architecture,
  rows: Value,
  weights: PartWeights,
): Value => {
  const biasOf = (name: string, length: number): Vector | undefined =>
    bias ? weights.vector(`${name}.bias`, length) : undefined
  const up = weights.matrix("up_proj.weight", width, outer)
  const down = weights.matrix("down_proj.weight", outer, width)
  if (!gated) {
    const inner = activate(g, linear(g, rows, up, biasOf("up_proj", width)), activation)
    return linear(g, inner, down, biasOf("down_proj", outer))
  }
  const gate = weights.matrix("gate_proj.weight", width, outer)
  const biases = bias
    ? {
        gate: weights.vector("gate_proj.bias", width),
        up: weights.vector("up_proj.bias", width),
        down: weights.vector("down_proj.bias", outer),
      }
    : undefined
  return gatedMlp(g, rows, { gate, up, down, activation, ...(biases === undefined ? {} : { biases }) })
}
