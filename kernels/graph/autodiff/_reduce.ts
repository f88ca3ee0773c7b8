import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions, sameDimension } from "../dimension.ts"
import type { Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { number, simple } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

/** How many elements of `x` went into each of `y`, as a float. */
const countOf = (g: GraphBuilder, x: Value, y: Value): Value => {
  const count = multiplyDimensions(...x.shape.filter((size, axis) => !sameDimension(size, y.shape[axis]!)))
  return typeof count === "number"
    ? number(g, count)
    : ops.reshape(g, ops.cast(g, ops.sizes(g, [count]), "float32"), [])
}

const reduceMaxRule: Rule = simple((g, gradient, [x], y) => {
  // Equal largest elements share the gradient.
  const largest = (): Value => ops.cast(g, ops.equal(g, x!, y), "float32")
  const axes = x!.shape.flatMap((size, axis) => (sameDimension(size, y.shape[axis]!) ? [] : [axis]))
  return [
    () => {
      const mask = largest()
      const count = axes.length === 0 ? mask : ops.reduceSum(g, mask, axes)
      return ops.mul(g, mask, ops.div(g, gradient, count))
    },
  ]
})

export const reduceRules: Readonly<Record<string, Rule>> = {
  ReduceSum: simple((g, gradient, [x]) => [() => ops.expand(g, gradient, x!.shape)]),
  ReduceMean: simple((g, gradient, [x], y) => [
    () => ops.expand(g, ops.div(g, gradient, countOf(g, x!, y)), x!.shape),
  ]),
  ReduceSumSquare: simple((g, gradient, [x]) => [() => ops.mul(g, x!, ops.mul(g, gradient, number(g, 2)))]),
  ReduceMax: reduceMaxRule,
  LogSoftmax: simple((g, gradient, _, y) => [
    () => ops.sub(g, gradient, ops.mul(g, ops.exp(g, y), ops.reduceSum(g, gradient))),
  ]),
  Softmax: simple((g, gradient, _, y) => [
    () => {
      const sum = ops.reduceSum(g, ops.mul(g, gradient, y))
      return ops.mul(g, ops.sub(g, gradient, sum), y)
    },
  ]),
}
