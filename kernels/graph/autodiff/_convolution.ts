import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions } from "../dimension.ts"
import type { Node, Value } from "../graph.ts"
import * as ops from "../ops/mod.ts"
import type { ConvolutionOptions } from "../ops/mod.ts"
import { simple } from "./_rule.ts"
import type { Rule } from "./_rule.ts"

const windowOf = (node: Node): Required<ConvolutionOptions> => {
  const list = (name: string): readonly number[] => node.attributes[name] as readonly number[]
  return {
    strides: list("strides"),
    pads: list("pads"),
    dilations: list("dilations"),
    groups: node.attributes["group"] as number,
  }
}

const spaceOf = (x: Value): readonly number[] => x.shape.slice(2) as readonly number[]

/** Elements at the end of each axis that no stride of the kernel reaches. */
const unreached = (
  image: readonly number[],
  places: readonly number[],
  kernel: readonly number[],
  { strides, pads, dilations }: Required<ConvolutionOptions>,
): readonly number[] =>
  image.map(
    (size, axis) =>
      size +
      pads[axis]! +
      pads[axis + image.length]! -
      dilations[axis]! * (kernel[axis]! - 1) -
      strides[axis]! * (places[axis]! - 1) -
      1,
  )

/**
 * The gradient of a kernel `[M, C / groups, …]`: how the rows `[B, M, …]` at its places go with the image
 * `[B, C, …]`. That is a convolution too, over the batch as channels, with the rows as its kernel, and strides and
 * dilations in each other's place.
 */
const kernelGradient = (
  g: GraphBuilder,
  image: Value,
  rows: Value,
  kernel: Value,
  { strides, pads, dilations, groups }: Required<ConvolutionOptions>,
): Value => {
  const [batch, channels, ...space] = image.shape
  const axes = space.map((_, axis) => axis)
  const inner = Number(channels) / groups
  const parted = ops.reshape(g, image, [batch!, groups, inner, ...space])
  const turned = ops.transpose(g, parted, [2, 1, 0, ...axes.map((axis) => axis + 3)])
  const stacked = ops.reshape(g, turned, [inner, multiplyDimensions(groups, batch!), ...space])
  const kernels = ops.transpose(g, rows, [1, 0, ...axes.map((axis) => axis + 2)])
  const full = ops.conv(g, stacked, kernels, undefined, {
    strides: dilations,
    dilations: strides,
    pads,
    groups,
  })
  // Where strides leave a rest of the image, places beyond the kernel have come out as well.
  const cut = axes.reduce((value, axis) => {
    const length = kernel.shape[axis + 2] as number
    return value.shape[axis + 2] === length ? value : ops.slice(g, value, axis + 2, 0, length)
  }, full)
  return ops.transpose(g, cut, [1, 0, ...axes.map((axis) => axis + 2)])
}

const biasGradient = (g: GraphBuilder, gradient: Value, bias: Value): Value => {
  const others = gradient.shape.flatMap((_, axis) => (axis === 1 ? [] : [axis]))
  return ops.reshape(g, ops.reduceSum(g, gradient, others), bias.shape)
}

const convRule: Rule = simple((g, gradient, [x, w, bias], y, node) => {
  const window = windowOf(node)
  const more = unreached(spaceOf(x!), spaceOf(y), spaceOf(w!), window)
  return [
    () => ops.convTranspose(g, gradient, w!, undefined, { ...window, more }),
    () => kernelGradient(g, x!, gradient, w!, window),
    () => biasGradient(g, gradient, bias!),
  ]
})

const convTransposeRule: Rule = simple((g, gradient, [x, w, bias], _, node) => {
  const window = windowOf(node)
  return [
    () => ops.conv(g, gradient, w!, undefined, window),
    () => kernelGradient(g, gradient, x!, w!, window),
    () => biasGradient(g, gradient, bias!),
  ]
})

export const convolutionRules: Readonly<Record<string, Rule>> = {
  Conv: convRule,
  ConvTranspose: convTransposeRule,
}
