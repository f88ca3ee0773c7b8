import assert from "node:assert/strict"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { runScoped, temporaryFolder } from "./_testing.ts"
import { validUntil } from "./_kept-json.ts"
import { keepThreads } from "./_kept-threads.ts"
import { chooseThreads, measureThreads, threadCandidates } from "./measure-threads.ts"

const at = (threads: number, one: number, eight = one) => ({ threads, one, eight })

test("candidates double up to all cores", () => {
  assert.deepEqual(threadCandidates(1), [1])
  assert.deepEqual(threadCandidates(2), [1, 2])
  assert.deepEqual(threadCandidates(6), [1, 2, 4, 6])
})

test("the fewest threads within noise of the best are chosen", () => {
  assert.equal(chooseThreads([at(1, 10), at(2, 6), at(4, 5.9)]), 2)
  assert.equal(chooseThreads([at(1, 10), at(2, 14)]), 1)
  assert.equal(chooseThreads([at(1, 10, 80), at(2, 12, 40)]), 2)
})

test("an answer found while others used the cores holds for a shorter time", () => {
  assert.ok(Date.now() < validUntil(true) && validUntil(true) < validUntil(false))
})

test("an answer is kept, and found again when the file is damaged or out of date, or it is asked for", () =>
  runScoped(
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "threads", "machine.json")
      let measured = 0
      const measure = Effect.sync(() => ({ threads: 2, times: [at(1, 10), at(2, ++measured)] }))
      const ask = (fresh = false) => keepThreads(path, [1, 2], fresh, () => measure)
      const first = yield* ask()
      assert.deepEqual(yield* ask(), first)
      assert.equal(measured, 1)
      const kept = readFileSync(path, "utf8")
      const damages = [kept.slice(0, 20), "null", kept.replace('"threads":2,"times"', '"threads":64,"times"')]
      for (const text of [...damages, kept.replace(/"validUntil":\d+/, '"validUntil":1')]) {
        writeFileSync(path, text)
        const before: number = measured
        yield* ask()
        assert.equal(measured, before + 1, text)
      }
      yield* ask(true)
      assert.equal(measured, 6)
    }),
  ))

test("threads are measured on this machine", (t) =>
  runScoped(
    Effect.gen(function* () {
      const { threads, times } = yield* measureThreads({ cacheFolder: yield* temporaryFolder })
      if (times.length === 0) return t.skip("there is one core here: nothing to choose")
      assert.equal(threads, chooseThreads(times))
      for (const { one, eight } of times) assert.ok(one > 0 && eight > 0)
      return undefined
    }),
  ))
