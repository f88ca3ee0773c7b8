/**
 * A block with a minimum, `scale · q + minimum`, becomes `scale / k · (k·q − z)` with `z = round(−k · minimum / scale)`.
 * The codes stay exact; the minimum moves by at most `scale / 2k`, and by much less where `k` is chosen so that
 * `−minimum / scale` is nearly a fraction over `k`. Such a `k`, for each of {@link bins} parts of that number's fraction.
 */
export type Factors = Uint8Array

/** Into how many parts the table divides the fraction. */
export const bins = 2048

const makeTable = (largest: number): Factors => {
  const table = new Uint8Array(bins)
  for (let bin = 0; bin < bins; bin++) {
    const fraction = (bin + 0.5) / bins
    let least = Infinity
    for (let k = largest; k >= 1; k--) {
      const error = Math.abs(fraction - Math.round(fraction * k) / k)
      if (error < least) {
        least = error
        table[bin] = k
      }
    }
  }
  return table
}

const tables = new Map<number, Factors>()

/** Factors for codes from 0 to `greatest`: no product may exceed 255. */
export const factorsFor = (greatest: number): Factors => {
  const largest = Math.floor(255 / greatest)
  let table = tables.get(largest)
  if (table === undefined) {
    table = makeTable(largest)
    tables.set(largest, table)
  }
  return table
}
