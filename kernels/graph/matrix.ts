/**
 * A weight matrix `[rows, columns]` as a file holds it, applied as `x · Wᵀ`. `dense` gives floats. `blocks` is
 * quantised along the columns in blocks: `value = scale · (code − zero) + offset`, one float scale per block, codes of
 * 4 or 8 bits; without `zeros` the zero is the middle of the code range (8, or 128), without `offsets` the offset is 0.
 * Nothing is read before it is asked for.
 *
 * - `codes`: `[rows, columns / block, block · bits / 8]` bytes; 4-bit codes put element 2j in the low half of byte j.
 * - `scales`: `[rows, columns / block]`.
 * - `zeros`: `[rows, columns / block]` bytes, 8-bit codes only.
 * - `offsets`: `[rows, columns / block]`; what a format with a minimum per block needs to stay exact in 4 bits.
 */
export type Matrix =
  | {
      readonly kind: "dense"
      readonly rows: number
      readonly columns: number
      readonly identity: string
      readonly values: () => Float32Array
    }
  | {
      readonly kind: "blocks"
      readonly rows: number
      readonly columns: number
      readonly identity: string
      readonly bits: 4 | 8
      readonly block: 16 | 32 | 64 | 128 | 256
      readonly hasZeros: boolean
      readonly hasOffsets?: boolean
      readonly parts: () => {
        readonly codes: Uint8Array
        readonly scales: Float32Array
        readonly zeros?: Uint8Array
        readonly offsets?: Float32Array
      }
    }

/** A weight vector, such as a norm's scale or a bias; read when asked for. */
export interface Vector {
  readonly length: number
  readonly identity: string
  readonly values: () => Float32Array
}
