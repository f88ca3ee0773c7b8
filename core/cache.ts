import type { Effect } from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { CacheError, DeviceError } from "./error.ts"
import type { Rows } from "./rows.ts"

/**
 * One array a row stores, `[blocks, width]` floats per row: for grouped-query attention `key` and `value` of each
 * layer, with one block per key/value head. Parts of one `family` leave a forward stacked in layout order.
 */
export interface RowPart {
  readonly name: string
  readonly family: string
  readonly layer: number
  readonly blocks: number
  readonly width: number
}

/** What one row stores in a cache. A cache belongs to a layout, not to a model: equal `key`, readable rows. */
export interface RowLayout {
  readonly key: string
  readonly parts: readonly RowPart[]
}

/** Rows taken out of a cache: their inputs and, per part name, floats `[blocks, rows, width]`. */
export interface RowBlock {
  readonly layout: string
  readonly inputs: Rows
  readonly parts: Readonly<Record<string, Float32Array>>
}

/** The new rows a forward hands back; only the store of the model that made them can read `content`. */
export interface PendingRows {
  readonly inputs: Rows
  readonly content: unknown
  /** The rows have not passed all layers yet, and cannot be committed before a further forward has taken them on. */
  readonly incomplete?: boolean
}

/**
 * Memory for rows on a device; owned by a cache, made and read by the model that declared the layout.
 * It knows places, not meaning: which place holds which row is the cache's business. An operation that fails leaves
 * the places as they were.
 */
export interface RowStore {
  readonly layout: RowLayout
  /** Places there are now. */
  readonly capacity: number
  /** Bytes held now. */
  readonly bytes: number
  /** Make room for at least `rows` places, keeping what is there. */
  readonly reserve: (rows: number) => Effect<void, DeviceError>
  /**
   * A hint that so many places will be needed: where memory grows a piece at a time, it may be taken for all of them at
   * once. `capacity` stays, as attention reads every place there is.
   */
  readonly expect?: (rows: number) => void
  /** Copy the pending rows `from[i]` to place `at + i`. */
  readonly write: (pending: PendingRows, from: ArrayLike<number>, at: number) => Effect<void, DeviceError>
  /** Place `i` becomes what place `from[i]` was; places beyond keep their content. `from` ascends. */
  readonly keep: (from: ArrayLike<number>) => Effect<void, DeviceError>
  /** The places `rows`, part by part, `[blocks, rows, width]`. */
  readonly read: (rows: ArrayLike<number>) => Effect<Readonly<Record<string, Float32Array>>, DeviceError>
  /** Put floats as `read` gives them at `at` and after. */
  readonly load: (
    parts: Readonly<Record<string, Float32Array>>,
    count: number,
    at: number,
  ) => Effect<void, DeviceError>
  /** Another store with the first `rows` places copied. */
  readonly clone: (rows: number) => Effect<RowStore, DeviceError, Scope>
}

/**
 * The rows one sequence owns. A forward *stages* its new rows; they are pending until `commit` keeps a subset.
 * An uncommitted set is dropped by the next forward, so rollback is doing nothing, compaction is choosing, and
 * nothing wrong is ever in the cache. Replaying `inputs` gives the same cache.
 */
export interface Cache {
  readonly layout: RowLayout
  readonly store: RowStore
  /** Committed rows. */
  readonly length: number
  /** What the last forward staged and nobody has committed, as it was staged; `undefined` when there is nothing. */
  readonly pending: PendingRows | undefined
  /** The inputs of the committed rows, in order. A view, valid until the next change. */
  readonly inputs: Rows
  /** A small per-sequence value for attention that needs one; kept, never interpreted. */
  carry: unknown
  /** Called by the model: these rows are pending now, those of an earlier forward are dropped. */
  readonly stage: (pending: PendingRows) => void
  /**
   * Keep the pending rows `rows`, ascending, after the committed ones; the others are dropped. Rows that have not passed
   * all layers are refused (`cache.incomplete-rows`).
   */
  readonly commit: (rows: ArrayLike<number>) => Effect<void, CacheError | DeviceError>
  /** Keep only the committed rows `rows`, ascending. */
  readonly retain: (rows: ArrayLike<number>) => Effect<void, CacheError | DeviceError>
  readonly export: (rows: ArrayLike<number>) => Effect<RowBlock, CacheError | DeviceError>
  readonly import: (block: RowBlock) => Effect<void, CacheError | DeviceError>
  /** A second cache with the same committed rows; copies them. */
  readonly fork: Effect<Cache, CacheError | DeviceError, Scope>
}

/** What a cache plugin provides: fresh caches over a store. */
export interface CacheFactory {
  readonly make: (store: RowStore) => Effect<Cache, CacheError | DeviceError, Scope>
}
