import type { Cache, CacheFactory } from "@parade/core"
import * as Effect from "effect/Effect"
import { integer, stream } from "../_hash.ts"
import { concatRows, range } from "../_rows.ts"
import {
  assertHolds,
  committed,
  fill,
  freshCache,
  nothing,
  pendingRows,
  type Reference,
  retained,
} from "./_cache-bench.ts"
import type { Registrar } from "./test-function.ts"

const appended = (to: Reference, more: Reference): Reference => ({
  inputs: concatRows(to.inputs, more.inputs),
  floats: [...to.floats, ...more.floats],
})

/** A random ascending selection of `0 … count-1`. */
const selection = (next: () => number, count: number): Int32Array => range(count).filter(() => next() < 0.6)

/** Rows out of a cache, into another, and copies of a whole cache. */
export const promiseCacheTransfer = (promise: Registrar<CacheFactory>): void => {
  promise("exported rows can be imported into another cache, behind what is there", (factory) =>
    Effect.gen(function* () {
      const from = yield* freshCache(factory)
      const source = yield* fill(from, nothing, 1, 7)
      const to = yield* freshCache(factory)
      let held = yield* fill(to, nothing, 2, 2)
      for (const rows of [[0, 3, 6], [2], []]) {
        yield* to.import(yield* from.export(rows))
        held = appended(held, retained(source, rows))
        yield* assertHolds(to, held, `after importing ${rows.join(", ") || "none"}`)
      }
      yield* assertHolds(from, source, "the origin after the export")
    }),
  )

  promise("an exported block does not change with the cache", (factory) =>
    Effect.gen(function* () {
      const from = yield* freshCache(factory)
      const source = yield* fill(from, nothing, 3, 4)
      const block = yield* from.export([0, 1, 2, 3])
      yield* from.retain([3])
      yield* fill(from, nothing, 4, 5)
      const to = yield* freshCache(factory)
      yield* to.import(block)
      yield* assertHolds(to, source, "after the origin changed")
    }),
  )

  promise("a fork holds the same rows and goes on apart", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      let held = yield* fill(cache, nothing, 5, 5)
      cache.stage(pendingRows(6, 2))
      const fork = yield* cache.fork
      let forked = held
      yield* assertHolds(fork, forked, "the fork")
      held = yield* fill(cache, held, 7, 3)
      forked = yield* fill(fork, forked, 8, 4, [1, 2])
      yield* fork.retain([0, 2, 5])
      forked = retained(forked, [0, 2, 5])
      yield* assertHolds(cache, held, "the origin after both went on")
      yield* assertHolds(fork, forked, "the fork after both went on")
    }),
  )

  promise("a released fork leaves its origin alone", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const held = yield* fill(cache, nothing, 9, 4)
      yield* Effect.scoped(Effect.flatMap(cache.fork, (fork) => fill(fork, held, 10, 2)))
      yield* assertHolds(cache, yield* fill(cache, held, 11, 2), "after its fork was released")
    }),
  )

  promise("any sequence of calls leaves what a list would hold", (factory) =>
    Effect.gen(function* () {
      for (let seed = 1; seed <= 12; seed++) {
        const next = stream(seed)
        let cache: Cache = yield* freshCache(factory)
        let held = nothing
        const calls: string[] = []
        for (let step = 0; step < 14; step++) {
          const call = integer(next, 6)
          const count = 1 + integer(next, 9)
          const pending = pendingRows(1000 * seed + step, count)
          const rows = selection(next, call < 3 ? count : cache.length)
          if (call < 3) {
            cache.stage(pending)
            if (call > 0) {
              yield* cache.commit(rows)
              held = committed(held, pending, rows)
            }
          } else if (call === 3) {
            yield* cache.retain(rows)
            held = retained(held, rows)
          } else if (call === 4) {
            yield* cache.import(yield* cache.export(rows))
            held = appended(held, retained(held, rows))
          } else cache = yield* cache.fork
          calls.push(`${["stage", "commit", "commit", "retain", "import", "fork"][call]} ${rows.join()}`)
          yield* assertHolds(cache, held, calls.join("; "))
        }
      }
    }),
  )
}
