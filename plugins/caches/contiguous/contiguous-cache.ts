import {
  type Cache,
  CacheError,
  type CacheFactory,
  type DeviceError,
  firstRows,
  type PendingRows,
  type RowBlock,
  rowCount,
  type RowLayout,
  type Rows,
  type RowStore,
} from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { makeRowLog, type RowLog } from "./_row-log.ts"

export interface ContiguousOptions {
  /** Rows at most in one cache; unlimited where absent. */
  readonly maxRows?: number
}

type Failure = CacheError | DeviceError

const broken = (code: string, message: string): CacheError =>
  new CacheError({ code: `cache.${code}`, message, fault: "bug" })

/** What is wrong with a list of rows, of which there are `count`. */
const checkRows = (rows: ArrayLike<number>, count: number, what: string): CacheError | undefined => {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!
    if (!Number.isInteger(row) || row < 0 || row >= count)
      return broken("row-out-of-range", `There is no ${what} row ${row}; there are ${count}.`)
    if (i > 0 && row <= rows[i - 1]!)
      return broken("rows-not-ascending", `Row ${row} comes after row ${rows[i - 1]}; rows must ascend.`)
  }
  return undefined
}

class ContiguousCache implements Cache {
  readonly store: RowStore
  carry: unknown = undefined
  readonly #options: ContiguousOptions
  readonly #log: RowLog = makeRowLog()
  #pending: PendingRows | undefined

  constructor(store: RowStore, options: ContiguousOptions) {
    this.store = store
    this.#options = options
  }

  get layout(): RowLayout {
    return this.store.layout
  }

  get length(): number {
    return this.#log.length
  }

  get pending(): PendingRows | undefined {
    return this.#pending
  }

  get inputs(): Rows {
    return this.#log.rows
  }

  readonly stage = (pending: PendingRows): void => {
    this.#pending = pending
  }

  readonly commit = (rows: ArrayLike<number>): Effect.Effect<void, Failure> =>
    Effect.suspend((): Effect.Effect<void, Failure> => {
      const pending = this.#pending
      if (pending === undefined) return Effect.fail(broken("nothing-pending", "No forward has staged rows."))
      if (pending.incomplete === true)
        return Effect.fail(broken("incomplete-rows", "The pending rows have not passed all layers."))
      const problem = checkRows(rows, rowCount(pending.inputs), "pending") ?? this.#malformed(pending.inputs)
      if (problem !== undefined) return Effect.fail(problem)
      const written = this.#room(rows.length, () => this.store.write(pending, rows, this.length))
      return Effect.map(written, () => this.#append(pending.inputs, rows))
    })

  readonly retain = (rows: ArrayLike<number>): Effect.Effect<void, Failure> =>
    Effect.suspend((): Effect.Effect<void, Failure> => {
      const problem = checkRows(rows, this.length, "committed")
      if (problem !== undefined) return Effect.fail(problem)
      // Places and inputs change together or not at all, also where an interruption comes between.
      return Effect.uninterruptible(
        Effect.map(this.store.keep(rows), () => {
          this.#log.keep(rows)
          this.#pending = undefined
        }),
      )
    })

  readonly export = (rows: ArrayLike<number>): Effect.Effect<RowBlock, Failure> =>
    Effect.suspend((): Effect.Effect<RowBlock, Failure> => {
      const problem = checkRows(rows, this.length, "committed")
      if (problem !== undefined) return Effect.fail(problem)
      const inputs = this.#log.select(rows)
      return Effect.map(this.store.read(rows), (parts) => ({ layout: this.layout.key, inputs, parts }))
    })

  readonly import = (block: RowBlock): Effect.Effect<void, Failure> =>
    Effect.suspend((): Effect.Effect<void, Failure> => {
      const problem = this.#misfit(block)
      if (problem !== undefined) return Effect.fail(problem)
      const count = rowCount(block.inputs)
      const loaded = this.#room(count, () => this.store.load(block.parts, count, this.length))
      return Effect.map(loaded, () => this.#append(block.inputs, firstRows(count)))
    })

  get fork(): Effect.Effect<Cache, Failure, Scope> {
    return Effect.suspend(() =>
      Effect.map(this.store.clone(this.length), (store) => {
        const copy = new ContiguousCache(store, this.#options)
        copy.#log.append(this.inputs, firstRows(this.length))
        copy.carry = this.carry
        return copy
      }),
    )
  }

  #append(inputs: Rows, rows: ArrayLike<number>): void {
    this.#log.append(inputs, rows)
    this.#pending = undefined
  }

  #malformed(rows: Rows): CacheError | undefined {
    const problem = this.#log.problem(rows)
    return problem === undefined ? undefined : broken("malformed-rows", problem)
  }

  #misfit(block: RowBlock): CacheError | undefined {
    if (block.layout !== this.layout.key)
      return new CacheError({
        code: "cache.layout-mismatch",
        message: `Rows of ${block.layout} do not fit a cache of ${this.layout.key}.`,
        advice: "Import rows only from a model with an equal layout.",
      })
    const count = rowCount(block.inputs)
    for (const { name, blocks, width } of this.layout.parts) {
      const floats = block.parts[name]?.length ?? 0
      if (floats !== blocks * count * width)
        return new CacheError({
          code: "cache.malformed-block",
          message: `Part ${name} needs ${blocks} × ${count} × ${width} floats, not ${floats}.`,
        })
    }
    return this.#malformed(block.inputs)
  }

  /**
   * Runs `work` with room for `count` more rows. Room grows by a sixteenth at least: attention reads every place, empty
   * ones too, while all rows move once in that many.
   */
  #room(count: number, work: () => Effect.Effect<void, DeviceError>): Effect.Effect<void, Failure> {
    const { store } = this
    const needed = this.length + count
    const { maxRows = Infinity } = this.#options
    if (needed > maxRows)
      return Effect.fail(
        new CacheError({
          code: "cache.full",
          message: `${needed} rows are more than the ${maxRows} this cache may hold.`,
          advice: "Raise maxRows, or shorten the text.",
        }),
      )
    if (needed <= store.capacity) return work()
    const wanted = Math.min(maxRows, Math.max(needed, Math.ceil((17 / 16) * store.capacity)))
    return Effect.flatMap(store.reserve(wanted), work)
  }
}

/**
 * Caches that keep the rows of a sequence side by side in one store: place `i` holds row `i`. Choosing rows moves
 * those behind the first gap; nothing is copied otherwise.
 */
export const contiguous = (options: ContiguousOptions = {}): CacheFactory => ({
  make: (store) => Effect.sync(() => new ContiguousCache(store, options)),
})
