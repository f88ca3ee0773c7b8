import { test } from "node:test"
import { type Cache, CacheError, type CacheFactory, type PendingRows } from "@parade/core"
import * as Effect from "effect/Effect"
import { cacheSuite, naiveCache } from "../mod.ts"
import { assertCaught } from "./_broken.ts"
import { pendingCount } from "./_cache-bench.ts"

cacheSuite(test, Effect.succeed(naiveCache))

/** A naive cache with some members replaced, in the way of a subclass. */
const broken = (change: (cache: Cache) => Partial<Cache>): CacheFactory => ({
  make: (store) =>
    Effect.map(naiveCache.make(store), (cache) => {
      const members = change(cache)
      return new Proxy(cache, {
        get: (target, key) =>
          Object.hasOwn(members, key) ? members[key as keyof Cache] : Reflect.get(target, key),
        set: (target, key, value) => Reflect.set(target, key, value),
      })
    }),
})

const catches = (what: string, factory: CacheFactory, sentence: string): void => {
  test(`the cache suite catches ${what}`, () =>
    assertCaught((collect) => cacheSuite(collect, Effect.succeed(factory)), sentence))
}

const until = (end: number): number[] => Array.from({ length: end }, (_, i) => i)

catches(
  "a commit that keeps the rows before the ones named",
  broken((cache) => ({ commit: (rows) => cache.commit(Array.from(rows, (row) => Math.max(0, row - 1))) })),
  "a commit keeps the rows named",
)

catches(
  "a commit that keeps as many rows as named from the start",
  broken((cache) => ({ commit: (rows) => cache.commit(until(rows.length)) })),
  "a commit keeps the rows named",
)

catches(
  "a commit that keeps everything",
  broken((cache) => ({ commit: () => cache.commit(until(pendingCount(cache))) })),
  "a commit of no rows drops them all",
)

catches(
  "rows that stay pending after a commit",
  broken((cache) => {
    let last: PendingRows
    return {
      stage: (pending) => cache.stage((last = pending)),
      commit: (rows) => Effect.tap(cache.commit(rows), () => Effect.sync(() => cache.stage(last))),
    }
  }),
  "refuses a commit when nothing is pending",
)

catches(
  "a commit of rows that have not passed all layers",
  broken((cache) => ({ stage: ({ inputs, content }) => cache.stage({ inputs, content }) })),
  "refuses to commit rows that have not passed all layers",
)

catches(
  "a retain that truncates",
  broken((cache) => ({ retain: (rows) => cache.retain(until(rows.length)) })),
  "retains the rows named",
)

catches(
  "a retain that forgets the store",
  broken((cache) => ({
    retain: (rows) =>
      Effect.gen(function* () {
        const parts = yield* cache.store.read(until(cache.length))
        const count = cache.length
        yield* cache.retain(rows)
        yield* cache.store.load(parts, count, 0)
      }),
  })),
  "retains the rows named",
)

catches(
  "a fork that shares its origin's rows",
  broken((cache) => ({ fork: Effect.succeed(cache) })),
  "a fork holds the same rows and goes on apart",
)

catches(
  "an import that takes any layout",
  broken((cache) => ({ import: (block) => cache.import({ ...block, layout: cache.layout.key }) })),
  "refuses a block of another layout",
)

catches(
  "an import that replaces",
  broken((cache) => ({ import: (block) => Effect.andThen(cache.retain([]), cache.import(block)) })),
  "exported rows can be imported into another cache",
)

catches(
  "bad rows that throw instead of failing",
  broken((cache) => ({
    commit: (rows) => {
      if (Array.from(rows).some((row) => row >= pendingCount(cache))) throw new RangeError("no such row")
      return cache.commit(rows)
    },
  })),
  "commit refuses rows that are not there",
)

catches(
  "bad rows that are left out silently",
  broken((cache) => ({
    commit: (rows) => cache.commit(Array.from(rows).filter((row) => row < pendingCount(cache))),
  })),
  "commit refuses rows that are not there",
)

catches(
  "failures without a dotted code",
  broken((cache) => ({
    commit: (rows) =>
      Effect.mapError(
        cache.commit(rows),
        () => new CacheError({ code: "oops", message: "Something is wrong." }),
      ),
  })),
  "commit refuses rows that are not there",
)

catches(
  "labels that are lost",
  broken((cache) => ({
    stage: ({ content, inputs: { tokens, positions, vectors } }) =>
      cache.stage({
        content,
        inputs: { tokens, positions, ...(vectors === undefined ? {} : { vectors }) },
      }),
  })),
  "a commit keeps the rows named",
)

catches(
  "a failing store that is noticed too late",
  broken((cache) => ({
    retain: (rows) =>
      Effect.catch(cache.retain(rows), (error) =>
        // What a cache looks like whose own list was changed before the store's places were.
        Effect.andThen(Effect.ignore(cache.retain(until(rows.length))), Effect.fail(error)),
      ),
  })),
  "a store that fails during retain",
)
