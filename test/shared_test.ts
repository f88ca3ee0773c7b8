import assert from "node:assert/strict"
import { join } from "node:path"
import { test } from "node:test"
import { repositoryRoot, sharedFolder, sharedOrSkip, sharedRoot } from "./shared.ts"

test("the repository root is the folder that holds this package", () => {
  assert.equal(join(repositoryRoot!, "test"), import.meta.dirname)
})

test("a missing shared path is undefined, and skips a test with the path in the reason", () => {
  const reasons: string[] = []
  const context = { skip: (reason: string) => void reasons.push(reason) }
  assert.equal(sharedFolder("no", "such", "folder"), undefined)
  assert.equal(sharedOrSkip(context, "no", "such", "folder"), undefined)
  assert.equal(reasons.length, 1)
  assert.ok(reasons[0]!.includes(join(sharedRoot, "no", "such", "folder")))
})

test("an existing shared path is given and skips nothing", (t) => {
  const path = sharedOrSkip(t, ".")
  if (path === undefined) return
  assert.equal(join(path), join(sharedRoot))
})
