import { customGradient } from "../autodiff/custom-gradient.ts"
import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/** `output` forwards; backwards as if it were `x`, of the same shape (Bengio et al. 2013). */
export const straightThrough = (g: GraphBuilder, x: Value, output: Value): Value =>
  customGradient(g, { inputs: [x], output, backward: ({ gradient }) => [gradient] })

/**
 * 1 at the `count` largest of each row of scores `[…, N]`, the lower place first among equals, 0 elsewhere; the gradient
 * goes straight through to the scores.
 */
export const topKGate = (g: GraphBuilder, scores: Value, count: number): Value => {
  const { places } = ops.topK(g, scores, count)
  const number = (value: number): Value => g.constant("float32", [], [value])
  const nothing = ops.expand(g, number(0), scores.shape)
  const ones = ops.expand(g, number(1), places.shape)
  return straightThrough(g, scores, ops.scatterElements(g, nothing, places, ones))
}
