import assert from "node:assert/strict"
import type { CacheFactory } from "@parade/core"
import * as Effect from "effect/Effect"
import { promiseCacheFailures } from "./_cache-failures.ts"
import {
  assertHolds,
  committed,
  fill,
  freshCache,
  nothing,
  pendingCount,
  pendingRows,
  retained,
} from "./_cache-bench.ts"
import { promiseCacheTransfer } from "./_cache-transfer.ts"
import { type Factory, promises, type Registrar, type TestFunction } from "./test-function.ts"

const promiseCommits = (promise: Registrar<CacheFactory>): void => {
  promise("starts with nothing committed and nothing pending", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      assert.equal(pendingCount(cache), 0)
      assert.equal(cache.layout.key, cache.store.layout.key)
      yield* assertHolds(cache, nothing, "at the start")
    }),
  )

  promise("staged rows are pending and not yet there", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const held = yield* fill(cache, nothing, 1, 2)
      const staged = pendingRows(2, 3)
      cache.stage(staged)
      assert.equal(pendingCount(cache), 3)
      assert.equal(cache.pending, staged, "the pending rows as they were staged")
      yield* assertHolds(cache, held, "while rows are pending")
    }),
  )

  promise("a commit keeps the rows named, in order, and drops the others", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      let held = yield* fill(cache, nothing, 3, 6, [0, 2, 5])
      assert.equal(pendingCount(cache), 0)
      yield* assertHolds(cache, held, "after the first commit")
      held = yield* fill(cache, held, 4, 4, [1, 3])
      yield* assertHolds(cache, held, "after the second commit")
    }),
  )

  promise("a commit of no rows drops them all", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const held = yield* fill(cache, nothing, 5, 2)
      yield* fill(cache, held, 6, 3, [])
      assert.equal(pendingCount(cache), 0)
      yield* assertHolds(cache, held, "after committing none")
    }),
  )

  promise("rows staged later replace the pending ones", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      cache.stage(pendingRows(7, 5))
      const held = yield* fill(cache, nothing, 8, 2)
      yield* assertHolds(cache, held, "after staging twice")
    }),
  )

  promise("the caller may use its arrays again after a commit", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const pending = pendingRows(9, 3)
      const kept = [0, 2]
      const held = committed(nothing, pending, kept)
      cache.stage(pending)
      yield* cache.commit(kept)
      pending.inputs.tokens.fill(49)
      pending.inputs.positions.fill(0)
      pending.inputs.labels!.fill(9)
      for (const part of Object.values(pending.content as Record<string, Float32Array>)) part.fill(0)
      yield* assertHolds(cache, held, "after its arrays were overwritten")
    }),
  )

  promise("grows with its rows and keeps the old ones", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      let held = yield* fill(cache, nothing, 10, 3)
      for (const count of [1, 70, 1, 300]) {
        held = yield* fill(cache, held, count, count)
        yield* assertHolds(cache, held, `after ${held.floats.length} rows`)
      }
    }),
  )

  promise("retains the rows named, in order, and goes on after them", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      let held = yield* fill(cache, nothing, 11, 8)
      for (const rows of [[0, 1, 2, 5, 7], [1, 2, 3, 4], [0], []]) {
        yield* cache.retain(rows)
        held = retained(held, rows)
        yield* assertHolds(cache, held, `after retaining ${rows.join(", ") || "none"}`)
        held = yield* fill(cache, held, 12 + rows.length, 2)
        yield* assertHolds(cache, held, `after going on behind ${rows.join(", ") || "none"}`)
      }
    }),
  )

  promise("keeps a carry as it is", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const carry = { some: "value" }
      cache.carry = carry
      yield* fill(cache, nothing, 20, 2)
      assert.equal(cache.carry, carry)
    }),
  )
}

/**
 * What every cache promises over any store: it holds the committed rows, their inputs and nothing else, in order,
 * whatever was staged, dropped, retained, moved and copied before; and a refusal changes nothing. The store is one
 * in memory that fails where a place was never reserved or written.
 */
export const cacheSuite = (test: TestFunction, factory: Factory<CacheFactory>): void => {
  const promise = promises(test, "cache", factory)
  promiseCommits(promise)
  promiseCacheTransfer(promise)
  promiseCacheFailures(promise)
}
