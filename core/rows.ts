/**
 * `T` rows entering a forward, as a structure of arrays. A row is a token id or a vector, freely mixed.
 *
 * - `tokens` `[T]`: the token id, or `-1` where the row is a vector.
 * - `vectors` `[number of -1 rows, width]`, row-major, in row order.
 * - `positions` `[T, axes]`, row-major; `axes` is `model.info.positionAxes`. Several rows may share a position:
 *   causality is row order, never position order.
 * - `labels` `[T]`: a small integer kept with the row in the cache (see {@link Label}); all `0` when absent.
 */
export interface Rows {
  readonly tokens: Int32Array
  readonly vectors?: Float32Array
  readonly positions: Int32Array
  readonly labels?: Int32Array
}

/** Who a row belongs to. Plugins may use further integers from 16 up. */
export const Label = { prompt: 0, output: 1, auxiliary: 2 } as const

/** How many rows there are. */
export const rowCount = (rows: Rows): number => rows.tokens.length

/** Rows of tokens at consecutive positions from `start`. */
export const tokenRows = (tokens: ArrayLike<number>, start: number, label = 0): Rows => {
  const count = tokens.length
  const positions = new Int32Array(count)
  for (let i = 0; i < count; i++) positions[i] = start + i
  const rows = { tokens: Int32Array.from(tokens), positions }
  return label === 0 ? rows : { ...rows, labels: new Int32Array(count).fill(label) }
}

/** The indices of the first `count` rows: all of them, to commit. */
export const firstRows = (count: number): Int32Array => {
  const rows = new Int32Array(count)
  for (let i = 0; i < count; i++) rows[i] = i
  return rows
}
