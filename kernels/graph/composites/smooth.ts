import { customGradient } from "../autodiff/custom-gradient.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

const number = (g: GraphBuilder, value: number): Value => g.constant("float32", [], [value])

/** `log(1 + exp(x))`, without overflow. */
export const softplus = (g: GraphBuilder, x: Value): Value => {
  const tail = ops.log(g, ops.add(g, ops.exp(g, ops.neg(g, ops.abs(g, x))), number(g, 1)))
  return customGradient(g, {
    inputs: [x],
    output: ops.add(g, ops.max(g, x, number(g, 0)), tail),
    backward: ({ g: builder, gradient, inputs: [value] }) => [
      ops.mul(builder, ops.sigmoid(builder, value!), gradient),
    ],
  })
}

/** `log Σ exp(x)` along the last axis, `[…, 1]`, without overflow. */
export const logSumExp = (g: GraphBuilder, x: Value): Value => {
  const largest = ops.reduceMax(g, x)
  const sum = ops.reduceSum(g, ops.exp(g, ops.sub(g, x, largest)))
  return customGradient(g, {
    inputs: [x],
    output: ops.add(g, ops.log(g, sum), largest),
    backward: ({ g: builder, gradient, inputs: [value] }) => [
      ops.mul(builder, ops.softmax(builder, value!), gradient),
    ],
  })
}

/** Each row of `[…, D]` over its length; rows shorter than `least` are divided by that. */
export const normalizeRows = (g: GraphBuilder, x: Value, least = 1e-12): Value => {
  // Bounded within the root, where no slope is infinite.
  const square = ops.max(g, ops.reduceSumSquare(g, x), number(g, least * least))
  return ops.div(g, x, ops.sqrt(g, square))
}

/** The share of a standard normal that lies below `x`. */
export const normalCdf = (g: GraphBuilder, x: Value): Value => {
  const half = ops.mul(g, ops.erf(g, ops.mul(g, x, number(g, Math.SQRT1_2))), number(g, 0.5))
  return ops.add(g, half, number(g, 0.5))
}
