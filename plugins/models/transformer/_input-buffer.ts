import type { Tensor } from "@parade/graph"

/** Memory for an input whose shape changes from forward to forward; the same tensor again while the shape stays. */
export interface InputBuffer<E extends "float32" | "int64" | "bool"> {
  readonly shaped: (rows: number, columns?: number) => Tensor<E>
}

const make = <E extends "float32" | "int64" | "bool">(
  type: E,
  allocate: (length: number) => Tensor<E>["data"],
): InputBuffer<E> => {
  let memory = allocate(0)
  let current: Tensor<E> | undefined
  let currentRows = -1
  let currentColumns: number | undefined
  return {
    shaped: (rows, columns) => {
      if (current !== undefined && rows === currentRows && columns === currentColumns) return current
      const length = rows * (columns ?? 1)
      if (memory.length < length) memory = allocate(Math.max(length, Math.ceil(memory.length * 1.5)))
      const data = memory.subarray(0, length) as Tensor<E>["data"]
      current = { type, dims: columns === undefined ? [rows] : [rows, columns], data }
      currentRows = rows
      currentColumns = columns
      return current
    },
  }
}

export const floatBuffer = (): InputBuffer<"float32"> => make("float32", (length) => new Float32Array(length))

export const integerBuffer = (): InputBuffer<"int64"> => make("int64", (length) => new BigInt64Array(length))

export const flagBuffer = (): InputBuffer<"bool"> => make("bool", (length) => new Uint8Array(length))

/** Write natural numbers into int64 memory by its halves, little-endian, without making a BigInt of each. */
export const writeIntegers = (target: BigInt64Array, source: ArrayLike<number>): void => {
  const halves = new Int32Array(target.buffer, target.byteOffset, 2 * target.length)
  for (let i = 0; i < target.length; i++) {
    halves[2 * i] = source[i]!
    halves[2 * i + 1] = 0
  }
}
