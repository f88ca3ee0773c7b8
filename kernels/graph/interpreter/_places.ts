import { requireIndex } from "./_layout.ts"
import { axisAttribute, floats, knownIntegers, placesOf, sizeOf, stridesOf } from "./_slot.ts"
import type { Kernel, Slot } from "./_slot.ts"

/** For each element of an array `dims`, its place in `x` with its place along `axis` left at 0, and the step along it. */
const beside = (x: Slot, dims: readonly number[], axis: number): { places: Int32Array; step: number } => {
  const strides = stridesOf(x.dims)
  return { places: placesOf(dims, strides.with(axis, 0)), step: strides[axis]! }
}

const gatherElementsKernel: Kernel = (node, [x, indices], make) => {
  const axis = axisAttribute(node, x!.dims.length, 0)
  const { places, step } = beside(x!, indices!.dims, axis)
  const out = make(x!.type, indices!.dims)
  return () => {
    const from = floats(x!)
    const to = floats(out)
    for (let i = 0; i < places.length; i++)
      to[i] = from[places[i]! + step * requireIndex(node, Number(indices!.data[i]), x!.dims[axis]!)]!
  }
}

const scatterElementsKernel: Kernel = (node, [x, indices, updates], make) => {
  const axis = axisAttribute(node, x!.dims.length, 0)
  const { places, step } = beside(x!, indices!.dims, axis)
  const out = make(x!.type, x!.dims)
  return () => {
    const add = floats(updates!)
    const to = floats(out)
    to.set(floats(x!))
    for (let i = 0; i < places.length; i++) {
      const at = places[i]! + step * requireIndex(node, Number(indices!.data[i]), x!.dims[axis]!)
      to[at] = to[at]! + add[i]!
    }
  }
}

const gatherNDKernel: Kernel = (node, [x, indices], make) => {
  const [rows, length] = x!.dims as [number, number]
  const count = indices!.dims[1]!
  const inner = sizeOf(x!.dims.slice(2))
  const out = make(x!.type, [rows, count, ...x!.dims.slice(2)])
  return () => {
    const from = floats(x!)
    for (let i = 0; i < rows * count; i++) {
      const at = Math.floor(i / count) * length + requireIndex(node, Number(indices!.data[i]), length)
      floats(out).set(from.subarray(at * inner, (at + 1) * inner), i * inner)
    }
  }
}

const topKKernel: Kernel = (node, [x, k], make) => {
  const count = knownIntegers(node, k)[0]!
  const width = x!.dims.at(-1)!
  const rows = sizeOf(x!.dims.slice(0, -1))
  const dims = [...x!.dims.slice(0, -1), count]
  const sign = node.attributes["largest"] === 0 ? -1 : 1
  const values = make(x!.type, dims)
  const places = make("int64", dims)
  return () => {
    const from = floats(x!)
    for (let row = 0; row < rows; row++) {
      const best = Array.from({ length: width }, (_, i) => i)
      best.sort((a, b) => sign * (from[row * width + b]! - from[row * width + a]!) || a - b)
      for (let i = 0; i < count; i++) {
        floats(values)[row * count + i] = from[row * width + best[i]!]!
        ;(places.data as BigInt64Array)[row * count + i] = BigInt(best[i]!)
      }
    }
  }
}

export const placeKernels: Readonly<Record<string, Kernel>> = {
  GatherElements: gatherElementsKernel,
  GatherND: gatherNDKernel,
  ScatterElements: scatterElementsKernel,
  TopK: topKKernel,
}
