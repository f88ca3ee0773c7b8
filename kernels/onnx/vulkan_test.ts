import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { missingDriver, missingLibrary } from "./_vulkan.ts"

test("A library is missing only where the loader of Linux does not find it.", (t) => {
  if (process.platform !== "linux") return t.skip("This is not Linux.")
  assert.equal(missingLibrary("libparade-nope.so.1"), "libparade-nope.so.1 is not installed")
  assert.equal(missingLibrary("libc.so.6"), undefined)
  return undefined
})

test("A Vulkan driver is missing where no manifest lies in the folders that are searched, or none that is named.", (t) => {
  if (process.platform !== "linux") return t.skip("This is not Linux.")
  const home = mkdtempSync(join(tmpdir(), "parade-vulkan-"))
  t.after(() => rmSync(home, { recursive: true }))
  const manifest = join(home, "data", "vulkan", "icd.d", "some.json")
  mkdirSync(join(manifest, ".."), { recursive: true })
  const named = { VK_ICD_FILENAMES: `${join(home, "other.json")}:${manifest}` }
  assert.equal(missingDriver(named), "VK_ICD_FILENAMES names no driver that is there")
  writeFileSync(manifest, "{}")
  assert.equal(missingDriver(named), undefined)
  assert.equal(missingDriver({ VK_DRIVER_FILES: join(manifest, "..") }), undefined)
  assert.equal(missingDriver({ HOME: home, XDG_DATA_DIRS: join(home, "data") }), undefined)
  return undefined
})
