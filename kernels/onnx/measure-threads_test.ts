import assert from "node:assert/strict"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { runScoped, temporaryFolder } from "./_testing.ts"
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

test("threads are measured once, kept, and measured again when the file is damaged or it is asked for", (t) =>
  runScoped(
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const first = yield* measureThreads({ cacheFolder: folder })
      if (first.times.length === 0) return t.skip("there is one core here: nothing to choose")
      assert.ok(first.times.some(({ threads }) => threads === first.threads))
      assert.deepEqual(yield* measureThreads({ cacheFolder: folder }), first)
      const path = join(folder, "threads", readdirSync(join(folder, "threads"))[0]!)
      writeFileSync(path, '{"threads": 100000')
      const repaired = yield* measureThreads({ cacheFolder: folder })
      assert.notDeepEqual(repaired, first)
      assert.notDeepEqual(yield* measureThreads({ cacheFolder: folder, fresh: true }), repaired)
      return undefined
    }),
  ))
