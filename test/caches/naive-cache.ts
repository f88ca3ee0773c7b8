import {
  type Cache,
  CacheError,
  type CacheFactory,
  type PendingRows,
  rowCount,
  type RowStore,
} from "@parade/core"
import * as Effect from "effect/Effect"
import { concatRows, noRows, range, selectRows } from "../_rows.ts"

const checkRows = (rows: ArrayLike<number>, below: number, what: string): CacheError | undefined => {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (!Number.isInteger(row) || row < 0 || row >= below)
      return new CacheError({
        code: "cache.row-out-of-range",
        message: `There is no ${what} row ${row}; there are ${below}.`,
        fault: "bug",
      })
    if (i > 0 && row <= rows[i - 1]!)
      return new CacheError({
        code: "cache.rows-not-ascending",
        message: `Row ${row} comes after row ${rows[i - 1]}; rows must ascend.`,
        fault: "bug",
      })
  }
  return undefined
}

const makeCache = (store: RowStore, committed = noRows): Cache => {
  let inputs = committed
  let pending: PendingRows | undefined
  return {
    layout: store.layout,
    store,
    get length(): number {
      return rowCount(inputs)
    },
    get pending() {
      return pending
    },
    get inputs() {
      return inputs
    },
    carry: undefined,
    stage: (rows) => {
      pending = rows
    },
    commit: (rows) =>
      Effect.gen(function* () {
        const staged = pending
        if (staged === undefined)
          return yield* Effect.fail(
            new CacheError({
              code: "cache.nothing-pending",
              message: "No forward has staged rows.",
              fault: "bug",
            }),
          )
        if (staged.incomplete === true)
          return yield* Effect.fail(
            new CacheError({
              code: "cache.incomplete-rows",
              message: "The pending rows have not passed all layers.",
              fault: "bug",
            }),
          )
        const problem = checkRows(rows, rowCount(staged.inputs), "pending")
        if (problem !== undefined) return yield* Effect.fail(problem)
        yield* store.reserve(rowCount(inputs) + rows.length)
        yield* store.write(staged, rows, rowCount(inputs))
        inputs = concatRows(inputs, selectRows(staged.inputs, rows))
        pending = undefined
      }),
    retain: (rows) =>
      Effect.gen(function* () {
        const problem = checkRows(rows, rowCount(inputs), "committed")
        if (problem !== undefined) return yield* Effect.fail(problem)
        yield* store.keep(rows)
        inputs = selectRows(inputs, rows)
        pending = undefined
      }),
    export: (rows) =>
      Effect.gen(function* () {
        const problem = checkRows(rows, rowCount(inputs), "committed")
        if (problem !== undefined) return yield* Effect.fail(problem)
        return { layout: store.layout.key, inputs: selectRows(inputs, rows), parts: yield* store.read(rows) }
      }),
    import: (block) =>
      Effect.gen(function* () {
        if (block.layout !== store.layout.key)
          return yield* Effect.fail(
            new CacheError({
              code: "cache.layout-mismatch",
              message: `Rows of ${block.layout} do not fit a cache of ${store.layout.key}.`,
            }),
          )
        const count = rowCount(block.inputs)
        const wrong = store.layout.parts.find(
          (part) => block.parts[part.name]?.length !== part.blocks * count * part.width,
        )
        if (wrong !== undefined)
          return yield* Effect.fail(
            new CacheError({
              code: "cache.malformed-block",
              message: `Part ${wrong.name} needs ${wrong.blocks} × ${count} × ${wrong.width} floats.`,
            }),
          )
        yield* store.reserve(rowCount(inputs) + count)
        yield* store.load(block.parts, count, rowCount(inputs))
        inputs = concatRows(inputs, block.inputs)
        pending = undefined
      }),
    fork: Effect.gen(function* () {
      const other = yield* store.clone(rowCount(inputs))
      return makeCache(other, selectRows(inputs, range(rowCount(inputs))))
    }),
  }
}

/** A cache in which nothing is clever: what the suites compare with, and what tiny models decode over. */
export const naiveCache: CacheFactory = { make: (store) => Effect.sync(() => makeCache(store)) }
