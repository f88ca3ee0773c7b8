import type { RawArray } from "./_element.ts"

/** One tensor of a file. Its bytes are read when asked for, each time anew, and never kept. */
export interface WeightTensor {
  readonly name: string
  /** Row-major, slowest dimension first, whatever the file's own habit. */
  readonly shape: readonly number[]
  /** As the file says: `F32`, `BF16`, `Q4_1`. */
  readonly type: string
  /** Bytes in the file. */
  readonly byteLength: number
  /** Equal identities promise equal content, across processes. */
  readonly identity: string
  /** The bytes as the file has them. Throws `WeightsError`. */
  readonly bytes: () => Uint8Array<ArrayBuffer>
  /** The elements as floats, row-major. Throws `WeightsError`. */
  readonly values: () => Float32Array
}

/** A tensor of plain elements. */
export interface PlainTensor extends WeightTensor {
  /** The elements in the array of their own type; half precision and 8-bit floats as their bits. */
  readonly raw: () => RawArray
}

export type { RawArray }
