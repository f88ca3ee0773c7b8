import assert from "node:assert/strict"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { runScoped, temporaryFolder } from "./_testing.ts"
import { ascending, costModel, measureCost } from "./cost.ts"

const table = { rows: [1, 2, 4], contexts: [100, 200], milliseconds: [[10, 12, 20], [20, 22, 30]] } // prettier-ignore

test("measured points are given back, and lines between and beyond them", () => {
  const { milliseconds } = costModel(table, "test")
  assert.equal(milliseconds(1, 100), 10)
  assert.equal(milliseconds(4, 200), 30)
  assert.equal(milliseconds(3, 100), 16)
  assert.equal(milliseconds(1, 150), 15)
  assert.equal(milliseconds(8, 100), 40)
  assert.equal(milliseconds(1, 0), 0)
  assert.equal(milliseconds(0, 100), 10)
})

test("more rows or more context never cost less, whatever was measured", () => {
  const price = fc.float({ min: 0, max: 1000, noNaN: true })
  fc.assert(
    fc.property(
      fc.array(fc.array(price, { minLength: 3, maxLength: 3 }), { minLength: 2, maxLength: 2 }),
      (milliseconds) => {
        // prettier-ignore
        const model = costModel({ ...table, milliseconds }, "test")
        for (const context of [0, 100, 170, 400])
          for (let rows = 1; rows < 9; rows++) {
            assert.ok(model.milliseconds(rows + 1, context) >= model.milliseconds(rows, context) - 1e-6)
            assert.ok(model.milliseconds(rows, context + 50) >= model.milliseconds(rows, context) - 1e-6)
          }
      },
    ),
  )
})

test("pooling keeps the sum and changes nothing that ascends", () => {
  assert.deepEqual(ascending([1, 2, 3]), [1, 2, 3])
  assert.deepEqual(ascending([3, 1, 2, 5]), [2, 2, 2, 5])
})

test("a price is measured once by key, kept, and measured again where the file is damaged", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      let calls = 0
      const run = () => Effect.succeed(() => Effect.sync(() => void calls++))
      const options = { key: ["model", "cpu"], rows: [1, 2], contexts: [4], cacheFolder: folder }
      const first = yield* measureCost(run, options)
      assert.ok(calls >= 4)
      const before = calls
      const second = yield* measureCost(run, options)
      assert.equal(calls, before)
      assert.deepEqual(second.table, first.table)
      writeFileSync(
        join(folder, "costs", readdirSync(join(folder, "costs"))[0]!),
        '{"milliseconds":[[1,-1]]}',
      )
      yield* measureCost(run, options)
      assert.ok(calls > before)
      const afterRepair = calls
      yield* measureCost(run, { ...options, key: ["other model", "cpu"] })
      assert.ok(calls > afterRepair)
    }),
  ))

test("a forward that fails while it is measured fails the measurement, and nothing is kept", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const error = yield* Effect.flip(
        measureCost(() => Effect.succeed(() => Effect.fail("broken" as const)), {
          key: ["m"],
          cacheFolder: folder,
        }),
      )
      assert.equal(error, "broken")
      assert.deepEqual(readdirSync(folder), [])
    }),
  ))

test("what a context needs is opened once and released when it was measured", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const events: string[] = []
      const open = (context: number) =>
        Effect.acquireRelease(
          Effect.sync(() => {
            events.push(`open ${context}`)
            return () => Effect.void
          }),
          () => Effect.sync(() => events.push(`close ${context}`)),
        )
      yield* measureCost(open, { key: ["m"], rows: [1], contexts: [8, 16], cacheFolder: folder })
      assert.deepEqual(events, ["open 8", "open 16", "close 16", "close 8"])
    }),
  ))

test("other figures are kept beside the price, by name, and measured again where their file is damaged", () =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const run = () => Effect.succeed(() => Effect.void)
      const options = { key: ["model", "cpu"], rows: [1, 2], contexts: [4], cacheFolder: folder }
      const measured = (calls: { count: number }) =>
        Effect.sync(() => {
          calls.count++
          return [calls.count, 0.5]
        })
      const calls = { count: 0 }
      const first = yield* measureCost(run, options)
      const before = new Set(readdirSync(join(folder, "costs")))
      assert.deepEqual(yield* first.keep!(["a", "b"], measured(calls)), [1, 0.5])
      const file = readdirSync(join(folder, "costs")).find((name) => !before.has(name))
      const again = yield* measureCost(run, options)
      assert.deepEqual(yield* again.keep!(["a", "b"], measured(calls)), [1, 0.5])
      assert.deepEqual(yield* again.keep!(["a"], measured(calls)), [2, 0.5])
      for (const damaged of [
        "no JSON",
        '{"figures":["1"],"validUntil":1e15}',
        '{"figures":[9],"validUntil":1}',
      ]) {
        writeFileSync(join(folder, "costs", file!), damaged)
        const { count } = calls
        assert.deepEqual(yield* again.keep!(["a", "b"], measured(calls)), [count + 1, 0.5])
      }
    }),
  ))
