import { type Cache, CacheError, type CacheFactory, rowCount } from "@parade/core"
import * as Effect from "effect/Effect"

export interface BoundedOptions {
  /** Where the rows are kept. */
  readonly cache: CacheFactory
  /** How many rows a sequence may have. */
  readonly rows: number
}

/** Fails where a cache would hold more rows than it may. */
const checkRoom = (rows: number, bound: number): Effect.Effect<void, CacheError> =>
  rows <= bound
    ? Effect.void
    : Effect.fail(
        new CacheError({
          code: "cache.full",
          message: `${rows} rows are more than the ${bound} that this cache may hold.`,
          advice: "Ask for fewer tokens, or raise rows.",
        }),
      )

const bound = (cache: Cache, rows: number): Cache => ({
  get layout() {
    return cache.layout
  },
  get store() {
    return cache.store
  },
  get length() {
    return cache.length
  },
  get pending() {
    return cache.pending
  },
  get inputs() {
    return cache.inputs
  },
  get carry() {
    return cache.carry
  },
  set carry(value) {
    cache.carry = value
  },
  stage: (pending) => cache.stage(pending),
  commit: (kept) => Effect.andThen(checkRoom(cache.length + kept.length, rows), cache.commit(kept)),
  retain: (kept) => cache.retain(kept),
  export: (wanted) => cache.export(wanted),
  import: (block) =>
    Effect.andThen(checkRoom(cache.length + rowCount(block.inputs), rows), cache.import(block)),
  fork: Effect.map(cache.fork, (other) => bound(other, rows)),
})

/** A cache that keeps so many rows of a sequence and refuses more (`cache.full`), so that its memory is bounded. */
export const bounded = ({ cache, rows }: BoundedOptions): CacheFactory => ({
  make: (store) => Effect.map(cache.make(store), (inner) => bound(inner, rows)),
})
