import assert from "node:assert/strict"
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"
import { makeFolders } from "./make-folders.ts"

const codeOf = (path: string): unknown => {
  try {
    makeFolders(path)
    return undefined
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code
  }
}

test("A folder is made with those it lies in, and may be there already.", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-folders-"))
  t.after(() => rmSync(folder, { recursive: true }))
  assert.equal(makeFolders(join(folder, "a", "b", "c")), join(folder, "a"))
  assert.equal(makeFolders(join(folder, "a", "b", "c")), undefined)
  assert.equal(makeFolders(join(folder, "a", "d")), join(folder, "a", "d"))
  assert.ok(statSync(join(folder, "a", "b", "c")).isDirectory(), "the folder is not there")
  writeFileSync(join(folder, "file"), "")
  assert.equal(codeOf(join(folder, "file")), "EEXIST")
  assert.equal(codeOf(join(folder, "file", "inside")), "ENOTDIR")
})

test(
  "Where nobody makes folders, the system says so.",
  {
    skip: existsSync("/proc/self") ? false : "there is no /proc here",
  },
  () => {
    assert.equal(codeOf("/proc/parade/inside"), "ENOENT")
  },
)
