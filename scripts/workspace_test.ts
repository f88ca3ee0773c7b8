import assert from "node:assert/strict"
import { existsSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import test from "node:test"
import { type Manifest, root, type WorkspacePackage, workspacePackages } from "./_packages.ts"

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

const imported = /^(?!\s*(?:\*|\/[/*])).*?(?:\bfrom |^import |\bimport\()"([^"\n]+)"/gm

const specifiersIn = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(imported)].map(([, specifier]) => specifier!)

/** The source files that a package's exports lead to, so not its tests and their helpers. */
const publishedSources = ({ folder, manifest }: WorkspacePackage): Set<string> => {
  const found = new Set<string>()
  const follow = (path: string): void => {
    if (!path.endsWith(".ts") || found.has(path)) return
    found.add(path)
    for (const specifier of specifiersIn(path))
      if (specifier.startsWith(".")) follow(join(dirname(path), specifier))
  }
  for (const entry of Object.values(manifest.exports ?? {})) follow(join(root, folder, entry))
  return found
}

const packageNamed = (specifier: string): string =>
  specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/")

test("A package declares every package that its published sources import.", () => {
  for (const workspacePackage of packages) {
    const { folder, manifest } = workspacePackage
    const declared = new Set([
      manifest.name,
      ...Object.keys(manifest.dependencies ?? {}),
      ...Object.keys(manifest.peerDependencies ?? {}),
    ])
    const sources = publishedSources(workspacePackage)
    assert.ok(sources.size > 0, `${folder} exports nothing`)
    for (const path of sources)
      for (const specifier of specifiersIn(path))
        assert.ok(
          /^(\.|node:)/.test(specifier) || declared.has(packageNamed(specifier)),
          `${relative(root, path)} imports ${specifier}, which ${folder}/package.json does not name`,
        )
  }
})

test("A package keeps the layout: manifest for both runtimes and an entry.", () => {
  for (const { folder } of packages)
    for (const file of ["package.json", "deno.json", "mod.ts"])
      assert.ok(existsSync(join(root, folder, file)), `${folder} lacks ${file}`)
})
