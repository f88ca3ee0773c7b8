import type { GraphBuilder } from "../builder.ts"
import type { NodeGradient, Value } from "../graph.ts"

/**
 * `output` as it is, with a gradient of one's own: what flows into it goes to `inputs` as `backward` says, and not
 * through the nodes that made it. For rounding, straight-through estimators, lower bounds, and closed forms that are
 * cheaper than the chain rule. Gradients come back in the shapes of the inputs; `undefined` where there is none.
 * `backward` reads forward values from its argument alone, `saved` among them: the graph may have been copied.
 *
 * @example
 * ```ts
 * // Rounds forwards, passes the gradient backwards.
 * const rounded = customGradient(g, {
 *   inputs: [x],
 *   output: round(g, x),
 *   backward: ({ gradient }) => [gradient],
 * })
 * ```
 */
export const customGradient = (
  g: GraphBuilder,
  custom: {
    readonly inputs: readonly Value[]
    readonly output: Value
    readonly saved?: readonly Value[]
    readonly backward: NodeGradient["backward"]
  },
): Value => {
  const { inputs, output, saved = [], backward } = custom
  for (const value of [...inputs, ...saved])
    if (g.value(value.name) !== value)
      throw g.refuse("customGradient", [value], "it is a value of another graph", "graph.foreign-value")
  const names = (values: readonly Value[]): readonly string[] => values.map(({ name }) => name)
  const type = { type: output.type, shape: output.shape }
  return g.node("Identity", [output], [type], {}, "", {
    inputs: names(inputs),
    saved: names(saved),
    backward,
  })[0]!
}

/** `x` as it is; no gradient passes. */
export const stopGradient = (g: GraphBuilder, x: Value): Value =>
  customGradient(g, { inputs: [], output: x, backward: () => [] })
