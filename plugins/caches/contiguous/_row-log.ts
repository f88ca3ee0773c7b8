import { rowCount, type Rows } from "@parade/core"

/** The inputs of rows in order, growing at the end: what replaying a cache starts from. */
export interface RowLog {
  readonly length: number
  /** A view, valid until the next change. */
  readonly rows: Rows
  /** What is wrong with rows that are to be appended, in one sentence. */
  readonly problem: (rows: Rows) => string | undefined
  /** Appends the rows `from` of `rows`; `from` ascends. */
  readonly append: (rows: Rows, from: ArrayLike<number>) => void
  /** Row `i` becomes what row `from[i]` was, the others go; `from` ascends. */
  readonly keep: (from: ArrayLike<number>) => void
  /** Copies of the rows `from`, which ascend. */
  readonly select: (from: ArrayLike<number>) => Rows
}

const grown = <A extends Int32Array | Float32Array>(
  buffer: A,
  length: number,
  make: (size: number) => A,
): A => {
  if (length <= buffer.length) return buffer
  const larger = make(Math.max(length, 2 * buffer.length))
  larger.set(buffer as never)
  return larger
}
const integers = (size: number): Int32Array => new Int32Array(size)
const floats = (size: number): Float32Array => new Float32Array(size)

const vectorCount = (tokens: Int32Array): number => {
  let count = 0
  for (const token of tokens) if (token < 0) count++
  return count
}

/** Copies of the rows `from` of `rows`; always with labels, with vectors where one of the rows is a vector. */
const selectRows = (rows: Rows, from: ArrayLike<number>): Rows => {
  const total = rowCount(rows)
  const axes = total === 0 ? 1 : rows.positions.length / total
  const tokens = new Int32Array(from.length)
  const labels = new Int32Array(from.length)
  const positions = new Int32Array(from.length * axes)
  for (let i = 0; i < from.length; i++) {
    const row = from[i]!
    tokens[i] = rows.tokens[row]!
    labels[i] = rows.labels?.[row] ?? 0
    for (let axis = 0; axis < axes; axis++) positions[i * axes + axis] = rows.positions[row * axes + axis]!
  }
  const count = vectorCount(tokens)
  if (count === 0) return { tokens, positions, labels }
  const all = rows.vectors!
  const width = all.length / vectorCount(rows.tokens)
  const vectors = new Float32Array(count * width)
  // Rows ascend, so the vectors passed so far are found by going on from the row before.
  let passed = 0
  let row = 0
  let at = 0
  for (let i = 0; i < from.length; i++) {
    for (; row < from[i]!; row++) if (rows.tokens[row]! < 0) passed++
    if (tokens[i]! >= 0) continue
    vectors.set(all.subarray(passed * width, (passed + 1) * width), at)
    at += width
  }
  return { tokens, positions, labels, vectors }
}

class GrowingLog implements RowLog {
  length = 0
  #tokens = integers(64)
  #labels = integers(64)
  #positions = integers(64)
  #vectors = floats(0)
  /** Floats of `#vectors` in use. */
  #vectorFloats = 0
  #axes: number | undefined
  #width: number | undefined
  #view: Rows | undefined

  get rows(): Rows {
    if (this.#view !== undefined) return this.#view
    const view = {
      tokens: this.#tokens.subarray(0, this.length),
      positions: this.#positions.subarray(0, this.length * (this.#axes ?? 1)),
      labels: this.#labels.subarray(0, this.length),
    }
    this.#view =
      this.#vectorFloats === 0 ? view : { ...view, vectors: this.#vectors.subarray(0, this.#vectorFloats) }
    return this.#view
  }

  problem(rows: Rows): string | undefined {
    const count = rowCount(rows)
    if (count === 0) return undefined
    const axes = rows.positions.length / count
    if (!Number.isInteger(axes) || axes < 1 || axes !== (this.#axes ?? axes))
      return `${count} rows come with ${rows.positions.length} positions.`
    if (rows.labels !== undefined && rows.labels.length !== count)
      return `${count} rows come with ${rows.labels.length} labels.`
    const vectors = vectorCount(rows.tokens)
    const floatCount = rows.vectors?.length ?? 0
    const width = vectors === 0 ? 0 : floatCount / vectors
    if (
      vectors === 0
        ? floatCount > 0
        : !Number.isInteger(width) || width < 1 || width !== (this.#width ?? width)
    )
      return `${vectors} vectors come as ${floatCount} floats.`
    return undefined
  }

  append(rows: Rows, from: ArrayLike<number>): void {
    if (from.length === 0) return
    const added = selectRows(rows, from)
    const axes = (this.#axes ??= rows.positions.length / rowCount(rows))
    const length = this.length + from.length
    this.#tokens = grown(this.#tokens, length, integers)
    this.#labels = grown(this.#labels, length, integers)
    this.#positions = grown(this.#positions, length * axes, integers)
    this.#tokens.set(added.tokens, this.length)
    this.#labels.set(added.labels!, this.length)
    this.#positions.set(added.positions, this.length * axes)
    if (added.vectors !== undefined) {
      this.#width ??= added.vectors.length / vectorCount(added.tokens)
      this.#vectors = grown(this.#vectors, this.#vectorFloats + added.vectors.length, floats)
      this.#vectors.set(added.vectors, this.#vectorFloats)
      this.#vectorFloats += added.vectors.length
    }
    this.length = length
    this.#view = undefined
  }

  keep(from: ArrayLike<number>): void {
    const kept = selectRows(this.rows, from)
    this.length = 0
    this.#vectorFloats = 0
    this.#view = undefined
    const all = new Int32Array(from.length)
    for (let i = 0; i < all.length; i++) all[i] = i
    this.append(kept, all)
  }

  select(from: ArrayLike<number>): Rows {
    return selectRows(this.rows, from)
  }
}

export const makeRowLog = (): RowLog => new GrowingLog()
