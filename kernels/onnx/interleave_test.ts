import assert from "node:assert/strict"
import test from "node:test"
import * as Effect from "effect/Effect"
import { timeInterleaved } from "./_interleave.ts"

test("Where times may be disturbed jobs are called more often, and the least of their times stands.", async (t) => {
  let clock = 0
  let calls = 0
  t.mock.method(performance, "now", () => clock)
  const job = Effect.sync(() => void (clock += calls++ === 4 ? 3 : 20))
  const options = { warmUps: 0, minRounds: 2, maxRounds: 2, budgetMs: 0 }
  assert.deepEqual(await Effect.runPromise(timeInterleaved([job], options)), [20])
  assert.equal(calls, 2)
  assert.deepEqual(await Effect.runPromise(timeInterleaved([job], { ...options, disturbed: true })), [3])
  assert.equal(calls, 8)
})
