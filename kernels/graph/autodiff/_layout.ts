import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import { integersOf, simple, sumTo, zeros } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

const axisOf = (attributes: Readonly<Record<string, unknown>>): number => Number(attributes["axis"])

const concatRule: Rule = simple((g, gradient, inputs, _, node) => {
  const axis = axisOf(node.attributes)
  const lengths = inputs.map((input) => input.shape[axis]!)
  const whole = (): readonly Value[] =>
    inputs.length === 1 ? [gradient] : ops.split(g, gradient, lengths, axis)
  let pieces: readonly Value[] | undefined
  return inputs.map((_input, i) => () => (pieces ??= whole())[i]!)
})

const splitRule: Rule = ({ g, node, outputs, gradients }) => [
  () =>
    ops.concat(
      g,
      outputs.map((output, i) => gradients[i] ?? zeros(g, output.shape)),
      axisOf(node.attributes),
    ),
]

/** Zeros before and after what was taken. */
const sliceRule: Rule = simple((g, gradient, [x, from, to, axes]) => {
  const [start, end, axis] = [from, to, axes].map((value) => integersOf(g, value!)![0]!) as [
    number,
    number,
    number,
  ]
  const gap = (length: number): Value[] => (length === 0 ? [] : [zeros(g, x!.shape.with(axis, length))])
  return [() => ops.concat(g, [...gap(start), gradient, ...gap(Number(x!.shape[axis]) - end)], axis)]
})

const tileRule: Rule = simple((g, gradient, [x, repeats]) => {
  const counts = integersOf(g, repeats!)!
  const parts = x!.shape.flatMap((size, axis): Dimension[] => [counts[axis]!, size])
  const copies = counts.map((_, axis) => 2 * axis)
  return [() => ops.reshape(g, ops.reduceSum(g, ops.reshape(g, gradient, parts), copies), x!.shape)]
})

/** Indices `[n]` seen as `[before, n, after]`: the place along an axis of each element of rows they name. */
const spread = (g: GraphBuilder, indices: Value, before: Dimension, after: Dimension): Value => {
  const count = multiplyDimensions(...indices.shape)
  return g.memo(`spread ${indices.name} ${before} ${after}`, () =>
    ops.expand(g, ops.reshape(g, indices, [1, count, 1]), [before, count, after]),
  )
}

/** Each slice of the gradient is added where its slice came from. */
const gatherRule: Rule = simple((g, gradient, [x, indices], _, node) => {
  const axis = axisOf(node.attributes)
  const before = multiplyDimensions(...x!.shape.slice(0, axis))
  const after = multiplyDimensions(...x!.shape.slice(axis + 1))
  return [
    () => {
      const updates = ops.reshape(g, gradient, [before, multiplyDimensions(...indices!.shape), after])
      const places = spread(g, indices!, before, after)
      const sums = ops.scatterElements(g, zeros(g, [before, x!.shape[axis]!, after]), places, updates, 1)
      return ops.reshape(g, sums, x!.shape)
    },
  ]
})

export const layoutRules: Readonly<Record<string, Rule>> = {
  Reshape: simple((g, gradient, [x]) => [() => ops.reshape(g, gradient, x!.shape)]),
  Transpose: simple((g, gradient, _inputs, _output, node) => {
    const permutation = node.attributes["perm"] as readonly number[]
    return [
      () =>
        ops.transpose(
          g,
          gradient,
          permutation.map((_, axis) => permutation.indexOf(axis)),
        ),
    ]
  }),
  Concat: concatRule,
  Split: splitRule,
  Slice: sliceRule,
  Tile: tileRule,
  Expand: simple((g, gradient, [x]) => [() => sumTo(g, gradient, x!.shape)]),
  Gather: gatherRule,
  GatherElements: simple((g, gradient, [x, indices], _, node) => [
    () => ops.scatterElements(g, zeros(g, x!.shape), indices!, gradient, axisOf(node.attributes)),
  ]),
  ScatterElements: simple((g, gradient, [, indices], _, node) => [
    () => gradient,
    undefined,
    () => ops.gatherElements(g, gradient, indices!, axisOf(node.attributes)),
  ]),
  TopK: ({ g, inputs: [x], outputs: [, places], gradients: [gradient] }) => [
    () => ops.scatterElements(g, zeros(g, x!.shape), places!, gradient!),
  ],
}
