import { tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"
import { integer, stream } from "../_hash.ts"
import { range } from "../_rows.ts"
import { assertReplays } from "../faults/cache-replay.ts"
import { sameFloats } from "./_asserts.ts"
import type { ModelBench } from "./_model-bench.ts"
import type { Registrar } from "./test-function.ts"

/** Rows in a cache: what is committed counts, and nothing else. */
export const promiseModelCaches = (promise: Registrar<ModelBench>): void => {
  promise("rows that are not committed leave no trace", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(80, 6)
      const cache = yield* bench.cache
      yield* bench.advance(cache, tokens.slice(0, 3))
      yield* bench.logits(cache, tokenRows(bench.tokens(81, 7), 3))
      yield* bench.logits(cache, tokenRows(bench.tokens(82, 2), 3))
      const rows = yield* bench.advance(cache, tokens.slice(3))
      sameFloats(rows.at(-1)!, yield* bench.alone(tokens), bench.tolerance, "after dropped rows")
    }),
  )

  promise("rows committed in part go on from that part", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(83, 8)
      const cache = yield* bench.cache
      yield* bench.logits(cache, tokenRows([...tokens.slice(0, 4), ...bench.tokens(84, 3)], 0))
      yield* cache.commit(range(4))
      const rows = yield* bench.advance(cache, tokens.slice(4))
      sameFloats(rows.at(-1)!, yield* bench.alone(tokens), bench.tolerance, "after a part")
    }),
  )

  promise("many rows, one at a time, are all still there", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(85, Math.min(40, bench.model.info.contextLength))
      const cache = yield* bench.cache
      let last = new Float32Array(0)
      for (const token of tokens) last = (yield* bench.advance(cache, [token]))[0]!.slice()
      sameFloats(last, yield* bench.alone(tokens), bench.tolerance, `after ${tokens.length} rows`)
      yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
    }),
  )

  promise("replaying the recorded inputs gives the same cache", (bench) =>
    Effect.gen(function* () {
      const cache = yield* bench.cache
      const next = stream(86)
      for (let round = 0; round < 5; round++) {
        const rows = tokenRows(bench.tokens(87 + round, 1 + integer(next, 5)), cache.length)
        yield* bench.logits(cache, rows)
        yield* cache.commit(range(integer(next, rows.tokens.length + 1)))
        yield* assertReplays(bench.model, cache, { tolerance: 10 * bench.tolerance })
      }
    }),
  )

  promise("caches of one model do not touch each other", (bench) =>
    Effect.gen(function* () {
      const [a, b] = [bench.tokens(90, 6), bench.tokens(91, 6)]
      const [cacheA, cacheB] = [yield* bench.cache, yield* bench.cache]
      for (let i = 0; i < 5; i++) {
        yield* bench.logits(cacheA, tokenRows([a[i]!], i))
        yield* bench.logits(cacheB, tokenRows([b[i]!], i))
        yield* cacheA.commit([0])
        yield* cacheB.commit([0])
      }
      const [lastA] = yield* bench.advance(cacheA, [a[5]!])
      const [lastB] = yield* bench.advance(cacheB, [b[5]!])
      sameFloats(lastA!, yield* bench.alone(a), bench.tolerance, "the first cache")
      sameFloats(lastB!, yield* bench.alone(b), bench.tolerance, "the second cache")
    }),
  )

  promise("rows taken out of one cache and put into another are the same rows", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(92, 7)
      const from = yield* bench.cache
      yield* bench.advance(from, tokens.slice(0, 5))
      const to = yield* bench.cache
      yield* to.import(yield* from.export([0, 1, 2]))
      yield* to.import(yield* from.export([3, 4]))
      const rows = yield* bench.advance(to, tokens.slice(5))
      sameFloats(rows.at(-1)!, yield* bench.alone(tokens), bench.tolerance, "after the import")
    }),
  )

  promise("a fork and its origin go on apart", (bench) =>
    Effect.gen(function* () {
      const tokens = bench.tokens(93, 4)
      const [left, right] = [bench.tokens(94, 3), bench.tokens(95, 3)]
      const cache = yield* bench.cache
      yield* bench.advance(cache, tokens)
      const fork = yield* cache.fork
      const [leftRows, rightRows] = [yield* bench.advance(cache, left), yield* bench.advance(fork, right)]
      const [again] = yield* bench.advance(cache, [right[0]!])
      sameFloats(leftRows.at(-1)!, yield* bench.alone([...tokens, ...left]), bench.tolerance, "the origin")
      sameFloats(rightRows.at(-1)!, yield* bench.alone([...tokens, ...right]), bench.tolerance, "the fork")
      const text = [...tokens, ...left, right[0]!]
      sameFloats(again!, yield* bench.alone(text), bench.tolerance, "the origin after the fork went on")
    }),
  )
}
