import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { join, relative } from "node:path"
import test from "node:test"
import { packageOf, sourcesFrom, specifiersIn } from "../cli/plugin/imports.ts"
import { type Manifest, root, workspacePackages } from "./_packages.ts"

const readJson = <T>(path: string): T => JSON.parse(readFileSync(join(root, path), "utf8")) as T

const packages = workspacePackages()

test("The lock file knows every package of the workspace as its manifest states it, so that npm ci installs.", () => {
  const lock = readJson<{ packages: Record<string, Manifest> }>("package-lock.json")
  const fields = ["version", "dependencies", "peerDependencies", "bin"]
  for (const { folder, manifest } of packages) {
    const locked = lock.packages[folder]
    assert.ok(locked !== undefined, `package-lock.json lacks ${folder}; run: npm install --package-lock-only`)
    for (const field of fields) assert.deepEqual(locked[field], manifest[field], `${field} of ${folder}`)
  }
})

test("Deno's workspace has the packages of npm's, under the same names and versions.", () => {
  const members = readJson<{ workspace: string[] }>("deno.json").workspace
  assert.deepEqual(
    members.map((member) => member.replace("./", "")).sort(),
    packages.map(({ folder }) => folder).sort(),
  )
  for (const { folder, manifest } of packages) {
    const { name, version } = readJson<Manifest>(`${folder}/deno.json`)
    assert.deepEqual({ name, version }, { name: manifest.name, version: manifest.version }, folder)
  }
})

test("A package declares every package that its published sources import.", () => {
  for (const { folder, manifest } of packages) {
    const declared = new Set([
      manifest.name,
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ])
    // What its exports lead to, so not its tests and their helpers.
    const sources = sourcesFrom(
      Object.values(manifest.exports ?? {}).map((entry) => join(root, folder, entry)),
    )
    assert.ok(sources.size > 0, `${folder} exports nothing`)
    for (const path of sources)
      for (const specifier of specifiersIn(readFileSync(path, "utf8"))) {
        const used = packageOf(specifier)
        assert.ok(
          used === undefined || declared.has(used),
          `${relative(root, path)} imports ${specifier}, which ${folder}/package.json does not name`,
        )
      }
  }
})

test("A package keeps the layout: manifest for both runtimes and an entry.", () => {
  for (const { folder } of packages)
    for (const file of ["package.json", "deno.json", "mod.ts"])
      assert.ok(existsSync(join(root, folder, file)), `${folder} lacks ${file}`)
})
