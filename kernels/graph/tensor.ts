/** Element types of graph values, named as ONNX and onnxruntime name them. */
export type ElementType = "float32" | "float16" | "int8" | "uint8" | "int32" | "int64" | "bool"

/** The array that holds each element type; `float16` as its bits. */
export interface ElementArrays {
  readonly float32: Float32Array
  readonly float16: Uint16Array
  readonly int8: Int8Array
  readonly uint8: Uint8Array
  readonly int32: Int32Array
  readonly int64: BigInt64Array
  readonly bool: Uint8Array
}

export type TypedArray = ElementArrays[ElementType]

/** A tensor in ordinary memory, row-major. An `ort.Tensor` on the CPU has this shape too. */
export interface Tensor<E extends ElementType = ElementType> {
  readonly type: E
  readonly dims: readonly number[]
  readonly data: ElementArrays[E]
}

/** Bytes per element. */
export const elementBytes: Readonly<Record<ElementType, number>> = {
  float32: 4,
  float16: 2,
  int8: 1,
  uint8: 1,
  int32: 4,
  int64: 8,
  bool: 1,
}

/** A tensor of the data given. */
export const tensor = <E extends ElementType>(
  type: E,
  dims: readonly number[],
  data: ElementArrays[E],
): Tensor<E> => ({ type, dims, data })

/** Whole numbers as a vector of int64, such as tokens, targets or places. */
export const integers = (values: ArrayLike<number>): Tensor<"int64"> => {
  const data = new BigInt64Array(values.length)
  for (let i = 0; i < values.length; i++) data[i] = BigInt(values[i]!)
  return tensor("int64", [data.length], data)
}
