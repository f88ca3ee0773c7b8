import type { Node } from "../graph.ts"
import { floats, integerAttribute, sizeOf, stridesOf } from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

const listOf = (node: Node, name: string): readonly number[] => node.attributes[name] as readonly number[]

/** A pair of places of image and output that meet at an element of the kernel. */
interface Meeting {
  readonly image: number
  readonly kernel: number
}

/**
 * For each place of `of` in space, the places of the image and the kernel that meet there: `image = place·stride +
 * kernel·dilation − pad` for convolutions, and for transposed ones the images whose kernel reaches the place. In the
 * order of the kernel, so that sums are always the same.
 */
const meetings = (
  node: Node,
  of: readonly number[],
  image: readonly number[],
  kernel: readonly number[],
  transposed: boolean,
): readonly (readonly Meeting[])[] => {
  const [strides, pads, dilations] = ["strides", "pads", "dilations"].map((name) => listOf(node, name)) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ]
  const along = (axis: number, place: number, k: number): number => {
    if (!transposed) return place * strides[axis]! + k * dilations[axis]! - pads[axis]!
    const reached = place + pads[axis]! - k * dilations[axis]!
    return reached % strides[axis]! === 0 ? reached / strides[axis]! : -1
  }
  const indicesOf = (flat: number, dims: readonly number[]): readonly number[] =>
    stridesOf(dims).map((step, axis) => Math.floor(flat / step) % dims[axis]!)
  const kernels = Array.from({ length: sizeOf(kernel) }, (_, i) => indicesOf(i, kernel))
  const steps = stridesOf(image)
  return Array.from({ length: sizeOf(of) }, (_, place) => {
    const index = indicesOf(place, of)
    return kernels.flatMap((k, flat) => {
      const at = index.map((from, axis) => along(axis, from, k[axis]!))
      if (at.some((from, axis) => from < 0 || from >= image[axis]!)) return []
      return [{ image: at.reduce((sum, from, axis) => sum + from * steps[axis]!, 0), kernel: flat }]
    })
  })
}

/** Adds up, in float64, what meets at each place, over the channels of the group that the output's channel is in. */
const kernelOf =
  (transposed: boolean): Kernel =>
  (node, [x, w, bias], make) => {
    const groups = integerAttribute(node, "group", 1)
    const [batch, channels, ...image] = x!.dims as [number, number, ...number[]]
    const kernel = w!.dims.slice(2)
    const outer = transposed ? w!.dims[1]! * groups : w!.dims[0]!
    const [strides, pads, dilations] = [
      listOf(node, "strides"),
      listOf(node, "pads"),
      listOf(node, "dilations"),
    ]
    const more = transposed ? listOf(node, "output_padding") : []
    const space = image.map((size, axis) => {
      const span = dilations[axis]! * (kernel[axis]! - 1) + 1
      const pad = pads[axis]! + pads[axis + image.length]!
      return transposed
        ? strides[axis]! * (size - 1) + more[axis]! + span - pad
        : Math.floor((size + pad - span) / strides[axis]!) + 1
    })
    const out = make(x!.type, [batch, outer, ...space])
    const meet = meetings(node, space, image, kernel, transposed)
    const [pixels, elements] = [sizeOf(image), sizeOf(kernel)]
    const [inGroup, outGroup] = [channels / groups, outer / groups]
    // Where the kernel of an inner and an outer channel starts.
    const start = (inner: number, own: number): number =>
      transposed
        ? (inner * outGroup + (own % outGroup)) * elements
        : (own * inGroup + (inner % inGroup)) * elements
    return () => fill(x!, w!, bias, out, { meet, pixels, batch, channels, outer, inGroup, outGroup, start })
  }

interface Sizes {
  readonly meet: readonly (readonly Meeting[])[]
  readonly pixels: number
  readonly batch: number
  readonly channels: number
  readonly outer: number
  readonly inGroup: number
  readonly outGroup: number
  readonly start: (inner: number, own: number) => number
}

const fill = (x: Slot, w: Slot, bias: Slot | undefined, out: Slot, sizes: Sizes): void => {
  const { meet, pixels, batch, channels, outer, inGroup, outGroup, start } = sizes
  const [from, weights, to] = [floats(x), floats(w), floats(out)]
  let at = 0
  for (let b = 0; b < batch; b++)
    for (let own = 0; own < outer; own++) {
      const first = Math.floor(own / outGroup) * inGroup
      for (const pairs of meet) {
        let sum = 0
        for (let inner = first; inner < first + inGroup; inner++) {
          const image = (b * channels + inner) * pixels
          const kernel = start(inner, own)
          for (const pair of pairs) sum += from[image + pair.image]! * weights[kernel + pair.kernel]!
        }
        to[at++] = bias === undefined ? sum : sum + floats(bias)[own]!
      }
    }
}

export const convolutionKernels: Readonly<Record<string, Kernel>> = {
  Conv: kernelOf(false),
  ConvTranspose: kernelOf(true),
}
