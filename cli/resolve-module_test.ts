import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { openRegistry } from "./load-plugins.ts"
import { resolveModule } from "./resolve-module.ts"

const inFolder = async (use: (folder: string) => void | Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "parade-resolve-"))
  try {
    await use(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const addPackage = (folder: string, name: string, manifest: object): string => {
  const home = join(folder, "node_modules", name)
  mkdirSync(home, { recursive: true })
  writeFileSync(join(home, "package.json"), JSON.stringify({ name, ...manifest }))
  writeFileSync(join(home, "entry.js"), "export const x = 1\n")
  return join(home, "entry.js")
}

test("Packages are found from the folders in order, by every sort of entry.", () =>
  inFolder((folder) => {
    const near = join(folder, "near")
    const plain = addPackage(folder, "plain", { main: "entry.js" })
    const own = addPackage(near, "plain", { exports: "./entry.js" })
    const scoped = addPackage(folder, "@acme/only-import", { exports: { ".": { import: "./entry.js" } } })
    const nested = addPackage(folder, "nested", { exports: { "./part": { node: { import: "./entry.js" } } } })
    assert.equal(resolveModule("plain", [folder]), plain)
    assert.equal(resolveModule("plain", [near, folder]), own)
    assert.equal(resolveModule("@acme/only-import", [near]), scoped)
    assert.equal(resolveModule("nested/part", [folder]), nested)
    assert.equal(resolveModule("nested", [folder]), undefined)
    assert.equal(resolveModule("absent", [near, folder]), undefined)
  }))

test("Paths start from the first folder; modules of the runtime are no plugins.", () =>
  inFolder((folder) => {
    writeFileSync(join(folder, "mine.js"), "")
    assert.equal(resolveModule("./mine.js", [folder, "."]), join(folder, "mine.js"))
    assert.equal(resolveModule("./absent.js", [folder]), undefined)
    assert.equal(resolveModule("fs", [folder]), undefined)
  }))

test("A plugin that is missing, broken or empty is a problem of the pipeline, not a crash.", () =>
  inFolder(async (folder) => {
    writeFileSync(join(folder, "broken.mjs"), "export const = 1")
    writeFileSync(join(folder, "throws.mjs"), 'throw new Error("not today")')
    writeFileSync(join(folder, "empty.mjs"), "export {}")
    writeFileSync(join(folder, "broken.ts"), "export const = 1")
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }')
    const registry = openRegistry(folder)
    const refuse = async (use: string): Promise<string> => {
      const problem = await Effect.runPromise(Effect.flip(registry.resolve(use, "drafter")))
      return `${problem.message} ${problem.nearest ?? ""} [${problem.code}]`
    }
    const at = (name: string): string => join(folder, name)
    assert.equal(
      await refuse("./brokn.mjs"),
      `There is no file ${at("brokn.mjs")}. broken.mjs [pipeline.missing-plugin-file]`,
    )
    assert.match(await refuse("./"), /is a folder, not a file\..*\[pipeline\.missing-plugin-file\]$/)
    for (const name of ["broken.mjs", "broken.ts"]) {
      const said = await refuse(`./${name}`)
      assert.ok(said.includes(`${at(name)}:`) && said.endsWith("[pipeline.plugin-not-loadable]"), said)
      assert.ok(!said.includes("\n"), said)
    }
    assert.match(await refuse("./throws.mjs"), /not today.*\[pipeline\.plugin-not-loadable\]$/)
    assert.match(
      await refuse("./empty.mjs"),
      /"\.\/empty\.mjs" exports no plugin .* \[pipeline\.no-plugin\]$/,
    )
    assert.match(await refuse("prompt-lookup"), /\[pipeline\.unknown-plugin\]$/)
  }))
