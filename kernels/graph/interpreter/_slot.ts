import { GraphError } from "@parade/core"
import type { Node } from "../graph.ts"
import type { ElementType, TypedArray } from "../tensor.ts"

/** Where a value lives while a prepared graph runs. Kernels read `data` at run time: fed arrays change. */
export interface Slot {
  readonly type: ElementType
  readonly dims: readonly number[]
  data: TypedArray
  /** Whether `data` is known when the graph is prepared: constants, and what follows from them and from shapes. */
  known: boolean
}

/** Make room for an output of the node. */
export type MakeSlot = (type: ElementType, dims: readonly number[]) => Slot

/**
 * Prepares one node for inputs of known types and shapes: makes its output slots, in order, and gives the function
 * that fills them.
 */
export type Kernel = (node: Node, inputs: readonly Slot[], make: MakeSlot) => () => void

export const floats = (slot: Slot): Float32Array => slot.data as Float32Array

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, size) => product * size, 1)

/** Row-major steps of each axis. */
export const stridesOf = (dims: readonly number[]): number[] => {
  const strides = new Array<number>(dims.length)
  let step = 1
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = step
    step *= dims[axis]!
  }
  return strides
}

/** For each element of a row-major array `dims`, the place `start + Σ index · strides`. */
export const placesOf = (dims: readonly number[], strides: readonly number[], start = 0): Int32Array => {
  const places = new Int32Array(sizeOf(dims))
  const index = new Array<number>(dims.length).fill(0)
  let place = start
  for (let i = 0; i < places.length; i++) {
    places[i] = place
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place += strides[axis]!
      if (++index[axis]! < dims[axis]!) break
      place -= index[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return places
}

export const broadcastDims = (...shapes: readonly (readonly number[])[]): number[] => {
  const rank = Math.max(...shapes.map((dims) => dims.length))
  return Array.from({ length: rank }, (_, axis) =>
    shapes.reduce((size, dims) => {
      const other = dims[axis - rank + dims.length] ?? 1
      return size === 1 ? other : size
    }, 1),
  )
}

/** Strides with which an array `dims` is read as if it had the shape `target`. */
export const broadcastStrides = (dims: readonly number[], target: readonly number[]): number[] => {
  const own = stridesOf(dims)
  const lead = target.length - dims.length
  return target.map((_, axis) => (axis < lead || dims[axis - lead] === 1 ? 0 : own[axis - lead]!))
}

/** Places to read an array `dims` as `target`, or nothing where they are its own, in order. */
export const broadcastPlaces = (dims: readonly number[], target: readonly number[]): Int32Array | undefined =>
  sizeOf(dims) === sizeOf(target) ? undefined : placesOf(target, broadcastStrides(dims, target))

export const unsupported = (node: Node, why: string): GraphError =>
  new GraphError({
    code: "graph.unsupported",
    message: `The interpreter cannot run ${node.op} ("${node.outputs[0]}"): ${why}.`,
    fault: "bug",
  })

/** The integers of an input that decides shapes; it must be known before the graph runs. */
export const knownIntegers = (node: Node, slot: Slot | undefined): number[] => {
  if (slot === undefined || !slot.known) throw unsupported(node, "a shape depends on values that are fed")
  return Array.from(slot.data, Number)
}

export const integerAttribute = (node: Node, name: string, fallback: number): number => {
  const value = node.attributes[name]
  return typeof value === "number" ? value : fallback
}

export const floatAttribute = (node: Node, name: string, fallback: number): number => {
  const value = node.attributes[name]
  return typeof value === "object" && "float" in value && typeof value.float === "number"
    ? Math.fround(value.float)
    : fallback
}

/** The axis attribute, counted from the front. */
export const axisAttribute = (node: Node, rank: number, fallback: number): number => {
  const axis = integerAttribute(node, "axis", fallback)
  return axis < 0 ? axis + rank : axis
}
