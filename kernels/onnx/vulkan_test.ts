import assert from "node:assert/strict"
import test from "node:test"
import { missingLibrary } from "./_vulkan.ts"

test("A library is missing only where the loader of Linux does not find it.", (t) => {
  if (process.platform !== "linux") return t.skip("This is not Linux.")
  assert.equal(missingLibrary("libparade-nope.so.1"), "libparade-nope.so.1 is not installed")
  assert.equal(missingLibrary("libc.so.6"), undefined)
  return undefined
})
