import assert from "node:assert/strict"
import type { Cache, CacheError, CacheFactory, DeviceError } from "@parade/core"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import { makeGate } from "../faults/_gate.ts"
import { guardStore } from "../faults/_guards.ts"
import { memoryStore } from "../models/memory-store.ts"
import { failsTyped } from "./_asserts.ts"
import { assertHolds, committed, fill, freshCache, nothing, pendingRows, testLayout } from "./_cache-bench.ts"
import type { Registrar } from "./test-function.ts"

type Call = (cache: Cache) => Effect.Effect<unknown, CacheError | DeviceError, Scope>

const badRows: readonly (readonly [what: string, rows: readonly number[]])[] = [
  ["a row past the end", [0, 4]],
  ["a row before the start", [-1]],
  ["the same row twice", [1, 1]],
  ["rows that do not ascend", [2, 0]],
  ["half a row", [0.5]],
  ["a row that is no number", [NaN]],
]

const takers: readonly (readonly [
  name: string,
  take: (cache: Cache, rows: readonly number[]) => Effect.Effect<unknown, CacheError | DeviceError>,
])[] = [
  ["commit", (cache, rows) => cache.commit(rows)],
  ["retain", (cache, rows) => cache.retain(rows)],
  ["export", (cache, rows) => cache.export(rows)],
]

const storeCalls: readonly (readonly [name: string, call: Call])[] = [
  ["commit", (cache) => cache.commit([0, 2])],
  ["retain", (cache) => cache.retain([1, 3])],
  ["export", (cache) => cache.export([0, 1])],
  ["import", (cache) => Effect.flatMap(cache.export([0]), cache.import)],
  ["fork", (cache) => cache.fork],
]

/** What is refused, or fails below, changes nothing. */
export const promiseCacheFailures = (promise: Registrar<CacheFactory>): void => {
  for (const [name, take] of takers)
    promise(`${name} refuses rows that are not there or do not ascend, and changes nothing`, (factory) =>
      Effect.gen(function* () {
        for (const [what, rows] of badRows) {
          // An export may take rows in any order and as often as it likes; it changes nothing either way.
          if (name === "export" && (what === "the same row twice" || what === "rows that do not ascend"))
            continue
          const cache = yield* freshCache(factory)
          const held = yield* fill(cache, nothing, 1, 4)
          const pending = pendingRows(2, 4)
          cache.stage(pending)
          yield* failsTyped(`${name} of ${what}`, take(cache, rows))
          yield* assertHolds(cache, held, `after ${name} of ${what}`)
          cache.stage(pending)
          yield* cache.commit([3])
          yield* assertHolds(cache, committed(held, pending, [3]), `after going on from ${what}`)
        }
      }),
    )

  promise("refuses a commit when nothing is pending", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      yield* failsTyped("a commit before any forward", cache.commit([0]))
      const held = yield* fill(cache, nothing, 3, 2)
      yield* failsTyped("a second commit", cache.commit([0]))
      yield* assertHolds(cache, held, "after a second commit")
    }),
  )

  promise("refuses to commit rows that have not passed all layers, and keeps those that have", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const held = yield* fill(cache, nothing, 8, 2)
      const pending = pendingRows(9, 3)
      cache.stage({ ...pending, incomplete: true })
      yield* failsTyped("a commit of incomplete rows", cache.commit([0]))
      yield* assertHolds(cache, held, "after incomplete rows")
      assert.equal(cache.pending?.incomplete, true, "they stay pending")
      cache.stage(pending)
      yield* cache.commit([0, 2])
      yield* assertHolds(cache, committed(held, pending, [0, 2]), "after the rows were complete")
    }),
  )

  promise("refuses a block of another layout, and one that lacks floats", (factory) =>
    Effect.gen(function* () {
      const cache = yield* freshCache(factory)
      const held = yield* fill(cache, nothing, 4, 3)
      const block = yield* cache.export([0, 1])
      const { "key.1": _, ...others } = block.parts
      yield* failsTyped("a block of another layout", cache.import({ ...block, layout: "another" }))
      yield* failsTyped("a block that lacks a part", cache.import({ ...block, parts: others }))
      const short = { ...block.parts, "key.1": block.parts["key.1"]!.subarray(1) }
      yield* failsTyped("a block with a part too short", cache.import({ ...block, parts: short }))
      yield* assertHolds(cache, held, "after refused blocks")
    }),
  )

  for (const [name, call] of storeCalls)
    promise(`a store that fails during ${name} leaves the cache as it was`, (factory) =>
      Effect.gen(function* () {
        for (let n = 1; ; n++) {
          const gate = makeGate()
          const cache = yield* factory.make(guardStore(gate, yield* memoryStore(testLayout)))
          const held = yield* fill(cache, nothing, 5, 4)
          const pending = pendingRows(6, 200)
          cache.stage(pending)
          gate.failAt(n)
          const exit = yield* Effect.exit(Effect.scoped(call(cache)))
          assert.deepEqual(gate.held(), [], "a failed call holds a store")
          if (gate.struck() === undefined) return
          yield* failsTyped(`${name} with ${gate.struck()} failing`, exit)
          yield* assertHolds(cache, held, `after ${gate.struck()} failed during ${name}`)
          cache.stage(pending)
          yield* cache.commit([7])
          yield* assertHolds(cache, committed(held, pending, [7]), `going on after ${gate.struck()} failed`)
        }
      }),
    )
}
