import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { runScoped, temporaryFolder } from "./_testing.ts"
import { measureChoice } from "./measure-choice.ts"
import type { Way } from "./measure-choice.ts"

/** A way that takes `ms` milliseconds whatever the rows, and counts how often it is opened. */
const way = (ms: number, opened: { count: number }): Way<never, never> =>
  Effect.sync(() => {
    opened.count++
    return () =>
      Effect.sync(() => {
        const until = performance.now() + ms
        while (performance.now() < until);
      })
  })

test("the faster way is chosen, measured once and kept", () =>
  runScoped(
    Effect.gen(function* () {
      const opened = { count: 0 }
      const ways = { slow: way(8, opened), fast: way(0.1, opened) }
      const options = { key: ["test"], rows: [1, 8], cacheFolder: yield* temporaryFolder }
      const choice = yield* measureChoice(ways, options)
      assert.equal(choice.name, "fast")
      assert.ok(choice.times["fast"]!.length === 2 && choice.times["slow"]![0]! > choice.times["fast"]![0]!)
      assert.deepEqual(yield* measureChoice(ways, options), choice)
      assert.equal(opened.count, 2)
      yield* measureChoice(ways, { ...options, key: ["another"] })
      assert.equal(opened.count, 4)
    }),
  ))

test("a way that this machine gets wrong is not chosen, however fast", () =>
  runScoped(
    Effect.gen(function* () {
      const opened = { count: 0 }
      const ways = { wrong: Effect.succeed(undefined), slow: way(1, opened) }
      const options = { key: ["test"], rows: [1], cacheFolder: yield* temporaryFolder }
      const choice = yield* measureChoice(ways, options)
      assert.equal(choice.name, "slow")
      assert.deepEqual(Object.keys(choice.times), ["slow"])
      assert.deepEqual(yield* measureChoice(ways, options), choice)
    }),
  ))
