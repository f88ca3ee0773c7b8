import type { RawArray } from "./_element.ts"
import type { Quantisation } from "./_quantisation.ts"

/** One tensor of a file. Its bytes are read when asked for, each time anew, and never kept. */
export interface WeightTensor {
  readonly name: string
  /** Row-major, slowest dimension first, whatever the file's own habit. */
  readonly shape: readonly number[]
  /** As the file says: `F32`, `BF16`, `Q4_1`. */
  readonly type: string
  /** How its blocks are decoded; absent for plain elements. */
  readonly quantisation: Quantisation | undefined
  /** Bytes in the file. */
  readonly byteLength: number
  /** Equal identities promise equal content, across processes. */
  readonly identity: string
  /** The bytes as the file has them, or a range of them. Throws `WeightsError`. */
  readonly bytes: (begin?: number, end?: number) => Uint8Array<ArrayBuffer>
  /** The elements in the array of their own type; half precision, 8-bit floats and blocks as their bits. */
  readonly raw: () => RawArray
  /** The elements as floats, row-major. Throws `WeightsError`. */
  readonly values: () => Float32Array
}

export type { Quantisation, RawArray }
