import type { GraphBuilder } from "../builder.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"

/**
 * `log Σ exp(x)` along the last axis of `[R, blocks, length]`: `[R, blocks]`. Read off the first of each block and its logarithmic
 * softmax, which takes no pass more, as a sum would.
 */
export const logSums = (g: GraphBuilder, x: Value): Value => {
  const first = (all: Value): Value =>
    ops.reshape(g, ops.gather(g, all, g.constant("int64", [1], [0]), 2), all.shape.slice(0, 2))
  return ops.sub(g, first(x), first(ops.logSoftmax(g, x)))
}
