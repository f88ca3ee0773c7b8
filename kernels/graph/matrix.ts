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

/**
 * A weight matrix `[rows, columns]` as 8-bit integers with one scale per row, for rows `x` that are rounded to 8 bits
 * too, each by its own greatest value: `value = scale[row] · code[column, row] · factor[column]`. The product is then
 * one of integers, which is exact, so that a row's result does not depend on the rows beside it. `factors` multiply `x`
 * before it is rounded (SmoothQuant, Xiao et al. 2022); 1 where absent.
 *
 * With `inputBits` 16, rows are rounded to two codes a value, the second for what the first leaves; both go through the
 * product as rows.
 *
 * - `codes`: `[columns, rows]`, within ±127.
 * - `scales`: `[rows]`.
 */
export interface RowMatrix {
  readonly kind: "rows"
  readonly rows: number
  readonly columns: number
  readonly identity: string
  readonly inputBits: 8 | 16
  readonly factors?: Vector | undefined
  readonly parts: () => { readonly codes: Int8Array; readonly scales: Float32Array }
}

/** A weight vector, such as a norm's scale or a bias; read when asked for. */
export interface Vector {
  readonly length: number
  readonly identity: string
  readonly values: () => Float32Array
}
