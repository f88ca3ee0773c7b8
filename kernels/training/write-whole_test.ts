import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { writeWhole } from "./mod.ts"

test("A file is written whole, or not, and nothing unfinished is left beside it.", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-whole-"))
  t.after(() => rmSync(folder, { recursive: true }))
  await Effect.runPromise(writeWhole(join(folder, "file"), "text"))
  assert.equal(readFileSync(join(folder, "file"), "utf8"), "text")
  mkdirSync(join(folder, "taken"))
  const error = await Effect.runPromise(Effect.flip(writeWhole(join(folder, "taken"), "text")))
  assert.deepEqual([error.code, error.path], ["training.cannot-write", join(folder, "taken")])
  assert.deepEqual(readdirSync(folder).sort(), ["file", "taken"])
})
