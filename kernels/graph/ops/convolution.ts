import type { GraphBuilder } from "../builder.ts"
import { multiplyDimensions, sameDimension } from "../dimension.ts"
import type { Dimension, Value } from "../graph.ts"
import { floats, requireShape, requireType, single } from "./_rules.ts"

/** How a kernel moves over one or two axes of space; a list has one number an axis. */
export interface ConvolutionOptions {
  /** Elements from one place of the kernel to the next; 1 where absent. */
  readonly strides?: readonly number[]
  /** Zeros before the first element of each axis, then after the last of each; none where absent. */
  readonly pads?: readonly number[]
  /** Elements from one element of the kernel to the next; 1 where absent. */
  readonly dilations?: readonly number[]
  /** Parts of the channels that do not mix; 1 where absent, all of them for a depthwise convolution. */
  readonly groups?: number
}

/** {@link ConvolutionOptions} in full. */
export interface Window {
  readonly strides: readonly number[]
  readonly pads: readonly number[]
  readonly dilations: readonly number[]
  readonly groups: number
}

const requireCounts = (
  g: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  what: string,
  counts: readonly number[],
  length: number,
  least: number,
): void => {
  if (counts.length !== length || counts.some((count) => !Number.isSafeInteger(count) || count < least))
    throw g.refuse(op, inputs, `${what} [${counts.join(", ")}] are not ${length} whole numbers from ${least}`)
}

const windowOf = (
  g: GraphBuilder,
  op: string,
  inputs: readonly Value[],
  options: ConvolutionOptions,
): Window => {
  const [x, w] = inputs as readonly [Value, Value]
  const axes = x.shape.length - 2
  if (axes < 1 || axes > 2 || w.shape.length !== x.shape.length)
    throw g.refuse(op, inputs, "it takes a batch of channels over one or two axes, and as many of a kernel")
  const ones = new Array<number>(axes).fill(1)
  const { strides = ones, pads = new Array<number>(2 * axes).fill(0), dilations = ones, groups = 1 } = options
  requireCounts(g, op, inputs, "strides", strides, axes, 1)
  requireCounts(g, op, inputs, "pads", pads, 2 * axes, 0)
  requireCounts(g, op, inputs, "dilations", dilations, axes, 1)
  requireCounts(g, op, inputs, "groups", [groups], 1, 1)
  return { strides, pads, dilations, groups }
}

/** Lengths in space are numbers: how far a kernel comes depends on them. */
const spaceOf = (g: GraphBuilder, op: string, inputs: readonly Value[], x: Value): readonly number[] =>
  x.shape.slice(2).map((size) => {
    if (typeof size !== "number") throw g.refuse(op, inputs, `the length ${size} is not known as a number`)
    return size
  })

/** Elements an axis of the kernel spans. */
const spanOf = (kernel: readonly number[], { dilations }: Window, axis: number): number =>
  dilations[axis]! * (kernel[axis]! - 1) + 1

const attributesOf = ({ strides, pads, dilations, groups }: Window) => ({
  strides,
  pads,
  dilations,
  group: groups,
})

/**
 * The cross-correlation `y[b, m, o] = Σ_{c, k} x[b, c, o·stride + k·dilation − pad] · w[m, c, k] + bias[m]` over one or
 * two axes of space: `x` `[B, C, …]`, `w` `[M, C / groups, …]`, `bias` `[M]`; `[B, M, …]`.
 */
export const conv = (
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias?: Value,
  options: ConvolutionOptions = {},
): Value => {
  const inputs = bias === undefined ? [x, w] : [x, w, bias]
  const type = requireType(g, "Conv", inputs, floats)
  const window = windowOf(g, "Conv", inputs, options)
  const { strides, pads, groups } = window
  const [outer, inner] = w.shape as readonly [Dimension, Dimension]
  if (!sameDimension(multiplyDimensions(groups, inner), x.shape[1]!))
    throw g.refuse("Conv", inputs, `the kernel's ${groups} × ${inner} channels are not ${x.shape[1]}`)
  if (typeof outer !== "number" || outer % groups !== 0)
    throw g.refuse("Conv", inputs, `${outer} channels do not part into ${groups} groups`)
  if (bias !== undefined) requireShape(g, "Conv", inputs, bias, [outer])
  const [image, kernel] = [spaceOf(g, "Conv", inputs, x), spaceOf(g, "Conv", inputs, w)]
  const space = image.map((size, axis) => {
    const room = size + pads[axis]! + pads[axis + image.length]! - spanOf(kernel, window, axis)
    if (room < 0) throw g.refuse("Conv", inputs, `the kernel does not fit into axis ${axis + 2}`)
    return Math.floor(room / strides[axis]!) + 1
  })
  return single(g, "Conv", inputs, { type, shape: [x.shape[0]!, outer, ...space] }, attributesOf(window))
}

/**
 * The transposed convolution, which is the gradient of {@link conv} with respect to its input: each element of `x`
 * `[B, M, …]` adds `w` `[M, C / groups, …]` times itself at its place, `stride` elements from its neighbour's; `pads` are
 * taken away and `more` elements added at the end of each axis: `[B, C, …]`.
 */
export const convTranspose = (
  g: GraphBuilder,
  x: Value,
  w: Value,
  bias?: Value,
  { more, ...options }: ConvolutionOptions & { readonly more?: readonly number[] } = {},
): Value => {
  const op = "ConvTranspose"
  const inputs = bias === undefined ? [x, w] : [x, w, bias]
  const type = requireType(g, op, inputs, floats)
  const window = windowOf(g, op, inputs, options)
  const { strides, pads, groups } = window
  const [outer, inner] = w.shape as readonly [Dimension, Dimension]
  if (!sameDimension(outer, x.shape[1]!) || typeof outer !== "number" || outer % groups !== 0)
    throw g.refuse(op, inputs, `the kernel's ${outer} channels are not ${x.shape[1]} in ${groups} groups`)
  const channels = multiplyDimensions(groups, inner)
  if (bias !== undefined) requireShape(g, op, inputs, bias, [channels])
  const [image, kernel] = [spaceOf(g, op, inputs, x), spaceOf(g, op, inputs, w)]
  const added = more ?? image.map(() => 0)
  requireCounts(g, op, inputs, "elements added", added, image.length, 0)
  const space = image.map((size, axis) => {
    if (added[axis]! >= strides[axis]!)
      throw g.refuse(op, inputs, `${added[axis]} elements more are a whole stride of axis ${axis + 2}`)
    const length =
      strides[axis]! * (size - 1) +
      added[axis]! +
      spanOf(kernel, window, axis) -
      pads[axis]! -
      pads[axis + image.length]!
    if (length < 1) throw g.refuse(op, inputs, `pads leave nothing of axis ${axis + 2}`)
    return length
  })
  const attributes = { ...attributesOf(window), output_padding: added }
  return single(g, op, inputs, { type, shape: [x.shape[0]!, channels, ...space] }, attributes)
}
