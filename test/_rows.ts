import { type Rows, rowCount } from "@parade/core"

/** Rows with nothing in them. */
export const noRows: Rows = { tokens: new Int32Array(0), positions: new Int32Array(0) }

/** How many rows are vectors. */
export const vectorCount = (rows: Rows): number =>
  rows.tokens.reduce((n, token) => (token < 0 ? n + 1 : n), 0)

const gather = (source: Int32Array, indices: ArrayLike<number>, width: number): Int32Array => {
  const out = new Int32Array(indices.length * width)
  for (let i = 0; i < indices.length; i++)
    out.set(source.subarray(indices[i]! * width, (indices[i]! + 1) * width), i * width)
  return out
}

const gatherVectors = (rows: Rows, indices: ArrayLike<number>): Float32Array | undefined => {
  if (rows.vectors === undefined) return undefined
  const total = vectorCount(rows)
  const width = total === 0 ? 0 : rows.vectors.length / total
  const place = new Int32Array(rows.tokens.length)
  for (let i = 1; i < place.length; i++) place[i] = place[i - 1]! + (rows.tokens[i - 1]! < 0 ? 1 : 0)
  const kept = Array.from(indices).filter((index) => rows.tokens[index]! < 0)
  if (kept.length === 0) return undefined
  const out = new Float32Array(kept.length * width)
  for (const [i, index] of kept.entries())
    out.set(rows.vectors.subarray(place[index]! * width, (place[index]! + 1) * width), i * width)
  return out
}

/** The rows named, in the order named. */
export const selectRows = (rows: Rows, indices: ArrayLike<number>): Rows => {
  const axes = rowCount(rows) === 0 ? 1 : rows.positions.length / rowCount(rows)
  const vectors = gatherVectors(rows, indices)
  return {
    tokens: gather(rows.tokens, indices, 1),
    positions: gather(rows.positions, indices, axes),
    ...(rows.labels === undefined ? {} : { labels: gather(rows.labels, indices, 1) }),
    ...(vectors === undefined ? {} : { vectors }),
  }
}

/** The rows of `a`, then those of `b`. */
export const concatRows = (a: Rows, b: Rows): Rows => {
  const labels =
    a.labels === undefined && b.labels === undefined
      ? {}
      : {
          labels: Int32Array.of(
            ...(a.labels ?? new Int32Array(rowCount(a))),
            ...(b.labels ?? new Int32Array(rowCount(b))),
          ),
        }
  const vectors =
    a.vectors === undefined && b.vectors === undefined
      ? {}
      : { vectors: Float32Array.of(...(a.vectors ?? []), ...(b.vectors ?? [])) }
  return {
    tokens: Int32Array.of(...a.tokens, ...b.tokens),
    positions: Int32Array.of(...a.positions, ...b.positions),
    ...labels,
    ...vectors,
  }
}

/** `0 … count-1`. */
export const range = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)
