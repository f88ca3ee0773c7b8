import { elementValues } from "./_element.ts"
import { halfFromFloats } from "./_half.ts"
import type { OutgoingTensor } from "./write-safetensors.ts"

/** The dtypes of safetensors that trained weights are written in. */
export type FloatType = "F32" | "F16"

/** Floats as the bytes of a dtype, rounded to nearest; what `F16` cannot hold, beyond 65,504, becomes infinite. */
export const floatBytes = (values: Float32Array, type: FloatType): Uint8Array =>
  type === "F32"
    ? new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    : new Uint8Array(halfFromFloats(values).buffer)

/** The floats that {@link floatBytes} has written, exactly as they are held: part of a tensor, read from its `bytes`. */
export const floatsOfBytes = (bytes: Uint8Array, type: FloatType): Float32Array => elementValues(type, bytes)

/** Floats as a tensor to be written; its bytes are those of {@link floatBytes}. */
export const floatTensor = (
  name: string,
  type: FloatType,
  shape: readonly number[],
  values: Float32Array,
): OutgoingTensor => ({ name, type, shape, bytes: () => floatBytes(values, type) })
