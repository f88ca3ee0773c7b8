import { DeviceError } from "@parade/core"
import type { Node } from "../graph.ts"
import type { TypedArray } from "../tensor.ts"
import {
  axisAttribute,
  broadcastStrides,
  integerAttribute,
  knownIntegers,
  placesOf,
  sizeOf,
  stridesOf,
} from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

/** Fills `out` with the elements at `places`. */
const pick = (from: Slot, places: Int32Array, out: Slot) => (): void => {
  const x = from.data as Float32Array
  const y = out.data as Float32Array
  for (let i = 0; i < places.length; i++) y[i] = x[places[i]!]!
}

/** The same elements, seen with other dims. */
const view = (from: Slot, out: Slot) => (): void => {
  out.data = from.data
}

const reshapeKernel: Kernel = (node, [x, target], make) => {
  const dims = knownIntegers(node, target).map((size, axis) => (size === 0 ? x!.dims[axis]! : size))
  const open = dims.indexOf(-1)
  if (open >= 0) dims[open] = sizeOf(x!.dims) / -sizeOf(dims)
  return view(x!, make(x!.type, dims))
}

const transposeKernel: Kernel = (node, [x], make) => {
  const permutation = node.attributes["perm"] as readonly number[]
  const strides = stridesOf(x!.dims)
  const dims = permutation.map((axis) => x!.dims[axis]!)
  return pick(
    x!,
    placesOf(
      dims,
      permutation.map((axis) => strides[axis]!),
    ),
    make(x!.type, dims),
  )
}

/** Copies runs of elements between arrays that differ in the length of one axis. */
const copyRuns = (
  from: TypedArray,
  fromStep: number,
  fromAt: number,
  to: TypedArray,
  toStep: number,
  toAt: number,
  length: number,
  runs: number,
): void => {
  const x = from as Float32Array
  const y = to as Float32Array
  for (let run = 0; run < runs; run++) {
    const a = run * fromStep + fromAt
    const b = run * toStep + toAt
    for (let i = 0; i < length; i++) y[b + i] = x[a + i]!
  }
}

const concatKernel: Kernel = (node, inputs, make) => {
  const first = inputs[0]!.dims
  const axis = axisAttribute(node, first.length, 0)
  const inner = sizeOf(first.slice(axis + 1))
  const runs = sizeOf(first.slice(0, axis))
  const lengths = inputs.map((input) => input.dims[axis]! * inner)
  const step = lengths.reduce((sum, length) => sum + length, 0)
  const dims = first.with(
    axis,
    inputs.reduce((sum, input) => sum + input.dims[axis]!, 0),
  )
  const out = make(inputs[0]!.type, dims)
  return () => {
    let at = 0
    for (let i = 0; i < inputs.length; i++) {
      copyRuns(inputs[i]!.data, lengths[i]!, 0, out.data, step, at, lengths[i]!, runs)
      at += lengths[i]!
    }
  }
}

const splitKernel: Kernel = (node, [x, sizes], make) => {
  const axis = axisAttribute(node, x!.dims.length, 0)
  const inner = sizeOf(x!.dims.slice(axis + 1))
  const runs = sizeOf(x!.dims.slice(0, axis))
  const outs = knownIntegers(node, sizes).map((size) => make(x!.type, x!.dims.with(axis, size)))
  const step = x!.dims[axis]! * inner
  return () => {
    let at = 0
    for (const out of outs) {
      const length = out.dims[axis]! * inner
      copyRuns(x!.data, step, at, out.data, length, 0, length, runs)
      at += length
    }
  }
}

const sliceKernel: Kernel = (node, [x, from, to, axes], make) => {
  const [start, end, axis] = [from, to, axes].map((slot) => knownIntegers(node, slot)[0]!)
  const strides = stridesOf(x!.dims)
  const dims = x!.dims.with(axis!, end! - start!)
  return pick(x!, placesOf(dims, strides, start! * strides[axis!]!), make(x!.type, dims))
}

const tileKernel: Kernel = (node, [x, repeats], make) => {
  // Axis `n` repeated `r` times is an axis of `r` steps of 0 before it.
  const counts = knownIntegers(node, repeats)
  const strides = stridesOf(x!.dims)
  const dims = x!.dims.map((size, axis) => size * counts[axis]!)
  const split = x!.dims.flatMap((size, axis) => [counts[axis]!, size])
  const places = placesOf(
    split,
    strides.flatMap((step) => [0, step]),
  )
  return pick(x!, places, make(x!.type, dims))
}

const expandKernel: Kernel = (node, [x, target], make) => {
  const dims = knownIntegers(node, target)
  return pick(x!, placesOf(dims, broadcastStrides(x!.dims, dims)), make(x!.type, dims))
}

const shapeKernel: Kernel = (node, [x], make) => {
  const dims = x!.dims.slice(
    integerAttribute(node, "start", 0),
    integerAttribute(node, "end", x!.dims.length),
  )
  const out = make("int64", [dims.length])
  out.known = true
  return () => (out.data as BigInt64Array).set(dims.map(BigInt))
}

/** An index into an axis, negative ones counted from its end. */
export const requireIndex = (node: Node, index: number, length: number): number => {
  const at = index < 0 ? index + length : index
  if (!(at >= 0 && at < length))
    throw new DeviceError({
      code: "device.index-out-of-range",
      message: `${node.op} ("${node.outputs[0]}") was asked for ${index} of ${length}.`,
      fault: "bug",
    })
  return at
}

const gatherKernel: Kernel = (node, [x, indices], make) => {
  const axis = axisAttribute(node, x!.dims.length, 0)
  const length = x!.dims[axis]!
  const inner = sizeOf(x!.dims.slice(axis + 1))
  const runs = sizeOf(x!.dims.slice(0, axis))
  const count = sizeOf(indices!.dims)
  const out = make(x!.type, [...x!.dims.slice(0, axis), ...indices!.dims, ...x!.dims.slice(axis + 1)])
  return () => {
    for (let i = 0; i < count; i++) {
      const at = requireIndex(node, Number(indices!.data[i]), length)
      copyRuns(x!.data, length * inner, at * inner, out.data, count * inner, i * inner, inner, runs)
    }
  }
}

export const layoutKernels: Readonly<Record<string, Kernel>> = {
  Reshape: reshapeKernel,
  Transpose: transposeKernel,
  Concat: concatKernel,
  Split: splitKernel,
  Slice: sliceKernel,
  Tile: tileKernel,
  Expand: expandKernel,
  Shape: shapeKernel,
  Gather: gatherKernel,
  Identity: (_, [x], make) => view(x!, make(x!.type, x!.dims)),
}
