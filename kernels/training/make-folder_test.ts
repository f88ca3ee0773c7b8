import assert from "node:assert/strict"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { makeFolder } from "./make-folder.ts"

test("A file where a folder should be, or in its path, is the caller's mistake.", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-folder-"))
  t.after(() => rmSync(folder, { recursive: true }))
  await Effect.runPromise(makeFolder(join(folder, "a", "b")))
  writeFileSync(join(folder, "file"), "")
  for (const path of [join(folder, "file"), join(folder, "file", "inside")]) {
    const { code, fault, advice } = await Effect.runPromise(Effect.flip(makeFolder(path)))
    assert.deepEqual([code, fault], ["training.no-folder", "caller"])
    assert.match(advice!, /another folder/)
  }
})

test(
  "Where nobody makes folders, that is told.",
  { skip: existsSync("/proc/self") ? false : "there is no /proc here" },
  async () => {
    for (const path of ["/proc/parade", "/proc/parade/inside"]) {
      const { code, fault, advice } = await Effect.runPromise(Effect.flip(makeFolder(path)))
      assert.deepEqual([code, fault], ["training.no-folder", "caller"])
      assert.match(advice!, /another folder/)
    }
  },
)
