import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { pathToFileURL } from "node:url"
import { codeStamp } from "./mod.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-stamp-"))
after(() => rmSync(folder, { recursive: true, force: true }))

test("The stamp of code changes with any file beside a module or below, and with nothing else.", () => {
  mkdirSync(join(folder, "below", "node_modules"), { recursive: true })
  for (const path of ["mod.ts", "other.ts", "below/deep.ts"]) writeFileSync(join(folder, path), "1")
  const stamp = () => codeStamp([pathToFileURL(join(folder, "mod.ts")).href])
  const first = stamp()
  assert.ok(first !== undefined)
  writeFileSync(join(folder, "notes.md"), "of no account")
  writeFileSync(join(folder, "below", "node_modules", "of-another.ts"), "of no account")
  assert.equal(stamp(), first)
  const seen = new Set<string | undefined>([first])
  for (const path of ["mod.ts", "other.ts", "below/deep.ts"]) {
    utimesSync(join(folder, path), new Date(0), new Date(1000))
    seen.add(stamp())
    writeFileSync(join(folder, path), "12")
    seen.add(stamp())
  }
  rmSync(join(folder, "other.ts"))
  seen.add(stamp())
  assert.equal(seen.size, 8)
})

test("A module that is no file has no stamp.", () => {
  assert.equal(codeStamp(["https://example.org/mod.ts"]), undefined)
  assert.equal(codeStamp([pathToFileURL(join(folder, "nowhere", "mod.ts")).href]), undefined)
})
