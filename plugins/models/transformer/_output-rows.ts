import type { OutputRows } from "@parade/core"

/** Rows over `data`, `width` floats each. */
export const outputRows = (data: Float32Array, width: number): OutputRows => ({
  count: data.length / width,
  width,
  data,
  row: (index) => data.subarray(index * width, (index + 1) * width),
})

/** The rows named of all rows: a view where they follow one another, else a copy. */
export const selectRows = (all: Float32Array, width: number, rows: ArrayLike<number>): OutputRows => {
  const first = rows.length === 0 ? 0 : rows[0]!
  let consecutive = true
  for (let i = 1; i < rows.length && consecutive; i++) consecutive = rows[i] === first + i
  if (consecutive) return outputRows(all.subarray(first * width, (first + rows.length) * width), width)
  const data = new Float32Array(rows.length * width)
  for (let i = 0; i < rows.length; i++)
    data.set(all.subarray(rows[i]! * width, (rows[i]! + 1) * width), i * width)
  return outputRows(data, width)
}
