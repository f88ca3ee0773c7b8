import { gatherRows, layerNorm, ops, rmsNorm, skipRmsNorm } from "@parade/graph"
import type { GraphBuilder, RmsNorm, Value } from "@parade/graph"
import type { Architecture, PartWeights } from "@parade/layers"

const rmsWeights = (
  { epsilon, offset }: Architecture["norm"],
  x: Value,
  weights: PartWeights,
  name: string,
): RmsNorm => ({
  weight: weights.vector(`${name}.weight`, Number(x.shape.at(-1))),
  epsilon,
  offset,
})

/** A norm of rows, with the weights of that name. */
export const normOf = (
  g: GraphBuilder,
  norm: Architecture["norm"],
  x: Value,
  weights: PartWeights,
  name: string,
): Value => {
  if (norm.kind === "rms") return rmsNorm(g, x, rmsWeights(norm, x, weights, name))
  const width = Number(x.shape.at(-1))
  return layerNorm(g, x, {
    weight: weights.vector(`${name}.weight`, width),
    bias: weights.vector(`${name}.bias`, width),
    epsilon: norm.epsilon,
  })
}

/** The residual stream: what the next norm adds to it is added there, in one operator where the device has one. */
export class Residual {
  readonly #g: GraphBuilder
  readonly #norm: Architecture["norm"]
  #sum: Value
  #delta: Value | undefined

  constructor(g: GraphBuilder, norm: Architecture["norm"], start: Value) {
    this.#g = g
    this.#norm = norm
    this.#sum = start
  }

  add(delta: Value): void {
    this.#delta = delta
  }

  /** Only these rows go on. */
  keep(rows: Value): void {
    this.#sum = gatherRows(this.#g, this.#sum, rows)
    if (this.#delta !== undefined) this.#delta = gatherRows(this.#g, this.#delta, rows)
  }

  /** The stream as it is now. */
  sum(): Value {
    if (this.#delta !== undefined) this.#sum = ops.add(this.#g, this.#sum, this.#delta)
    this.#delta = undefined
    return this.#sum
  }

  /** A norm of the stream, with the weights of that name. */
  normed(weights: PartWeights, name: string): Value {
    if (this.#norm.kind === "layer" || this.#delta === undefined)
      return normOf(this.#g, this.#norm, this.sum(), weights, name)
    const norm = rmsWeights(this.#norm, this.#sum, weights, name)
    const { normed, sum } = skipRmsNorm(this.#g, this.#sum, this.#delta, norm)
    this.#sum = sum
    this.#delta = undefined
    return normed
  }
}
