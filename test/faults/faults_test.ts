import assert from "node:assert/strict"
import { test } from "node:test"
import { tokenRows } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import {
  assertReplays,
  type Faults,
  forEveryFailure,
  forEveryInterruption,
  makeFaults,
  naiveCache,
  tableModel,
} from "../mod.ts"

const model = tableModel({ vocabularySize: 6, order: 3, seed: 2 })

const twoRounds = Effect.fnUntraced(function* (faults: Faults) {
  const guarded = faults.model(model)
  const cache = yield* faults.cache(naiveCache).make(yield* guarded.makeStore)
  for (let round = 0; round < 2; round++) {
    yield* guarded.forward(tokenRows([1, 2], cache.length), {
      cache,
      outputs: [{ name: "logits", rows: [1] }],
      phase: "step",
    })
    yield* cache.commit([0, 1])
  }
  yield* Effect.scoped(cache.fork)
  return cache.length
})

test("guards change nothing while nothing fails, and count calls", async () => {
  const faults = makeFaults()
  assert.equal(await Effect.runPromise(Effect.scoped(twoRounds(faults))), 4)
  // makeStore, make, 2 × (forward, commit, reserve, write), fork, clone
  assert.equal(faults.calls, 12)
  assert.deepEqual(faults.held, [])
})

test("what a guard handed out is held until its scope closes", async () => {
  const faults = makeFaults()
  await Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        yield* faults.cache(naiveCache).make(yield* faults.model(model).makeStore)
        assert.deepEqual(faults.held, ["store", "cache"])
      }),
    ),
  )
  assert.deepEqual(faults.held, [])
})

test("every call fails once, with a typed failure and nothing held", async () => {
  assert.equal(await Effect.runPromise(forEveryFailure(twoRounds)), 12)
})

test("only the methods named fail", async () => {
  assert.equal(await Effect.runPromise(forEveryFailure(twoRounds, { method: "store.write" })), 2)
})

const assertReports = (scenario: Effect.Effect<unknown, unknown>, message: RegExp): Promise<void> =>
  assert.rejects(Effect.runPromise(scenario), message)

test("a scenario that swallows a failure is reported", async () => {
  await assertReports(
    forEveryFailure((faults) => Effect.ignore(twoRounds(faults))),
    /call 1, model.makeStore: the failure was swallowed/,
  )
})

test("a scenario that turns a failure into a defect is reported", async () => {
  await assertReports(
    forEveryFailure((faults) => Effect.orDie(twoRounds(faults))),
    /not a typed failure/,
  )
})

const forgetful = (faults: Faults) => {
  const { makeStore } = faults.model(model)
  return Effect.provideService(makeStore, Scope.Scope, Scope.makeUnsafe())
}

test("a scenario that leaks a store is reported", async () => {
  await assertReports(forEveryFailure(forgetful), /not released/)
})

test("a stream that leaks when it is interrupted is reported, one that does not passes", async () => {
  const sound = (faults: Faults) =>
    Stream.unwrap(Effect.map(twoRounds(faults), (n) => Stream.fromIterable([n, n, n])))
  assert.equal(await Effect.runPromise(forEveryInterruption(sound)), 3)
  await assertReports(
    forEveryInterruption((faults) =>
      Stream.unwrap(Effect.as(forgetful(faults), Stream.fromIterable([1, 2]))),
    ),
    /not released/,
  )
})

test("a replay equals the cache, and shows one wrong row", async () => {
  const check = (commit: readonly number[], spoil: boolean) =>
    Effect.runPromise(
      Effect.scoped(
        Effect.gen(function* () {
          const cache = yield* naiveCache.make(yield* model.makeStore)
          yield* model.forward(tokenRows([1, 2, 3], 0), { cache, outputs: [], phase: "step" })
          yield* cache.commit(commit)
          if (spoil) yield* cache.store.keep([1])
          yield* assertReplays(model, cache)
        }),
      ),
    )
  await check([0, 2], false)
  await assert.rejects(check([0, 1], true), /replaying the inputs gives another token.0/)
})
