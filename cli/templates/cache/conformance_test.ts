import assert from "node:assert/strict"
import { test } from "node:test"
import { tokenRows } from "@parade/core"
import { cacheSuite, naiveCache, tableModel } from "@parade/test"
import * as Effect from "effect/Effect"
import { bounded } from "./mod.ts"

cacheSuite(test, Effect.succeed(bounded({ cache: naiveCache, rows: 100_000 })))

test("A row too many is refused, and the others stay.", () =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const model = tableModel({ vocabularySize: 7, order: 1, seed: 1 })
        const cache = yield* bounded({ cache: naiveCache, rows: 2 }).make(yield* model.makeStore)
        yield* model.forward(tokenRows([1, 2, 3], 0), { cache, phase: "prefill", outputs: [] })
        const { code } = yield* Effect.flip(cache.commit([0, 1, 2]))
        assert.equal(code, "cache.full")
        yield* cache.commit([0, 1])
        assert.deepEqual([...cache.inputs.tokens], [1, 2])
      }),
    ),
  ))
