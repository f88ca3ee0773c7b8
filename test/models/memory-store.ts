import { DeviceError, type RowLayout, type RowPart, type RowStore } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"

type Parts = Readonly<Record<string, Float32Array>>

const most = 1 << 22

const copyRow = (
  part: RowPart,
  source: Float32Array,
  sourceRows: number,
  from: number,
  target: Float32Array,
  targetRows: number,
  to: number,
): void => {
  for (let block = 0; block < part.blocks; block++) {
    const start = (block * sourceRows + from) * part.width
    target.set(source.subarray(start, start + part.width), (block * targetRows + to) * part.width)
  }
}

const allocate = (layout: RowLayout, rows: number): Record<string, Float32Array> =>
  // Places nobody wrote hold NaN, so that reading one shows.
  Object.fromEntries(layout.parts.map((p) => [p.name, new Float32Array(p.blocks * rows * p.width).fill(NaN)]))

const makeStore = (layout: RowLayout): RowStore & { close: () => void } => {
  let capacity = 0
  let places = allocate(layout, 0)
  let closed = false

  const guarded = <A>(work: () => A): Effect.Effect<A, DeviceError> =>
    Effect.suspend(() => {
      if (closed)
        return Effect.fail(
          new DeviceError({ code: "store.closed", message: "The store was released.", fault: "bug" }),
        )
      try {
        return Effect.succeed(work())
      } catch (cause) {
        if (cause instanceof DeviceError) return Effect.fail(cause)
        throw cause
      }
    })
  const check = (row: number, below: number, what: string): void => {
    if (!Number.isInteger(row) || row < 0 || row >= below)
      throw new DeviceError({
        code: "store.out-of-range",
        message: `There is no ${what} ${row}; there are ${below}.`,
        fault: "bug",
      })
  }
  const put = (
    parts: Parts,
    rows: number,
    from: (i: number) => number,
    count: number,
    to: (i: number) => number,
  ): void => {
    for (let i = 0; i < count; i++) {
      check(from(i), rows, "row")
      check(to(i), capacity, "place")
    }
    for (const part of layout.parts) {
      const source = parts[part.name]
      if (source === undefined || source.length !== part.blocks * rows * part.width)
        throw new DeviceError({
          code: "store.wrong-parts",
          message: `Part ${part.name} needs ${part.blocks} × ${rows} × ${part.width} floats.`,
          fault: "bug",
        })
      for (let i = 0; i < count; i++)
        copyRow(part, source, rows, from(i), places[part.name]!, capacity, to(i))
    }
  }
  const grow = (rows: number): void => {
    if (!Number.isInteger(rows) || rows > most)
      throw new DeviceError({
        code: "store.too-large",
        message: `${rows} places are more than ${most}.`,
      })
    if (rows <= capacity) return
    const larger = Math.max(rows, 2 * capacity)
    const next = allocate(layout, larger)
    for (const part of layout.parts)
      for (let row = 0; row < capacity; row++)
        copyRow(part, places[part.name]!, capacity, row, next[part.name]!, larger, row)
    places = next
    capacity = larger
  }
  const read = (rows: ArrayLike<number>): Parts => {
    for (let i = 0; i < rows.length; i++) check(rows[i]!, capacity, "place")
    return Object.fromEntries(
      layout.parts.map((part) => {
        const out = new Float32Array(part.blocks * rows.length * part.width)
        for (let i = 0; i < rows.length; i++)
          copyRow(part, places[part.name]!, capacity, rows[i]!, out, rows.length, i)
        return [part.name, out]
      }),
    )
  }

  return {
    layout,
    get capacity(): number {
      return capacity
    },
    get bytes(): number {
      return Object.values(places).reduce((sum, part) => sum + part.byteLength, 0)
    },
    reserve: (rows) => guarded(() => grow(rows)),
    write: (pending, from, at) =>
      guarded(() =>
        put(
          pending.content as Parts,
          pending.inputs.tokens.length,
          (i) => from[i]!,
          from.length,
          (i) => at + i,
        ),
      ),
    keep: (from) =>
      guarded(() => {
        // `from` ascends, so a place is read before it is overwritten.
        put(
          places,
          capacity,
          (i) => from[i]!,
          from.length,
          (i) => i,
        )
      }),
    read: (rows) => guarded(() => read(rows)),
    load: (parts, count, at) =>
      guarded(() =>
        put(
          parts,
          count,
          (i) => i,
          count,
          (i) => at + i,
        ),
      ),
    clone: (rows) =>
      Effect.gen(function* () {
        const parts = yield* guarded(() => read(Array.from({ length: rows }, (_, i) => i)))
        const other = yield* memoryStore(layout)
        yield* other.reserve(rows)
        yield* other.load(parts, rows, 0)
        return other
      }),
    close: () => {
      closed = true
    },
  }
}

/**
 * A store in memory for rows of any layout, checked at every step: places out of range, parts of a wrong size and
 * use after release fail with a `DeviceError`; places nobody wrote hold NaN. The `content` of pending rows is floats
 * `[blocks, rows, width]` by part name.
 */
export const memoryStore = (layout: RowLayout): Effect.Effect<RowStore, never, Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => makeStore(layout)),
    (store) => Effect.sync(store.close),
  )
