import { dequantise } from "./_dequantise.ts"
import { elements, elementValues } from "./_element.ts"
import type { WeightTensor } from "./tensor.ts"

/** What a tensor is made of; `read` gives the bytes of a range. */
export interface TensorSource extends Pick<
  WeightTensor,
  "name" | "shape" | "type" | "quantisation" | "byteLength" | "identity"
> {
  readonly read: (begin: number, end: number) => Uint8Array<ArrayBuffer>
}

/** Bytes of plain elements or blocks as floats. */
export const decodeValues = (
  { type, quantisation }: Pick<WeightTensor, "type" | "quantisation">,
  bytes: Uint8Array,
): Float32Array => (quantisation === undefined ? elementValues(type, bytes) : dequantise(quantisation, bytes))

export const makeTensor = ({ read, ...source }: TensorSource): WeightTensor => {
  const bytes = (begin = 0, end = source.byteLength): Uint8Array<ArrayBuffer> => read(begin, end)
  return {
    ...source,
    bytes,
    raw: () => elements.get(source.type)?.view(bytes()) ?? bytes(),
    values: () => decodeValues(source, bytes()),
  }
}
