import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { locateSource } from "./locate-source.ts"

const installed = (t: { after(clean: () => void): void }): string => {
  const root = mkdtempSync(join(tmpdir(), "parade-source-"))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, "node_modules", "@me", "small", "model"), { recursive: true })
  mkdirSync(join(root, "pipelines", "deep"), { recursive: true })
  writeFileSync(join(root, "node_modules", "@me", "small", "package.json"), "{}")
  return root
}

const refused = (source: string, base: string) => Effect.runPromise(Effect.flip(locateSource(source, base)))

test("A folder of an installed package is found from any folder below.", async (t) => {
  const root = installed(t)
  const found = await Effect.runPromise(locateSource("npm:@me/small/model", join(root, "pipelines", "deep")))
  assert.equal(found, join(root, "node_modules", "@me", "small", "model"))
})

test("A path is seen from the base, and a source of the hub stays what it is.", async () => {
  assert.equal(await Effect.runPromise(locateSource("../m", "/a/b")), resolve("/a/m"))
  assert.equal(await Effect.runPromise(locateSource("hf:owner/name", "/a/b")), "hf:owner/name")
})

test("A package that is not installed is told with how to install it.", async (t) => {
  const error = await refused("npm:@me/absent/model", installed(t))
  assert.equal(error.code, "weights.no-package")
  assert.match(error.describe(), /npm install @me\/absent/)
})

test("A folder that the package does not have is told.", async (t) => {
  assert.equal((await refused("npm:@me/small/other", installed(t))).code, "weights.no-package")
})

test("Nothing leads out of a package.", async (t) => {
  const root = installed(t)
  for (const source of ["npm:@me/small/../..", "npm:@me/small/model/../../x", "npm:", "npm:../x", "npm:/etc"])
    assert.equal((await refused(source, root)).code, "weights.bad-source", source)
})
