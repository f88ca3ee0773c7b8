import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import * as Effect from "effect/Effect"
import { indexText, indexWorkspace } from "./index-workspace.ts"

const inWorkspace = async (use: (root: string) => Promise<void>): Promise<void> => {
  const root = mkdtempSync(join(tmpdir(), "parade-index-"))
  try {
    await use(root)
  } finally {
    rmSync(root, { recursive: true })
  }
}

const addPackage = (root: string, path: string, source: string, manifest: object = {}): void => {
  mkdirSync(join(root, path), { recursive: true })
  const text = JSON.stringify({ name: path, version: "1.2.3", exports: "./mod.mjs", ...manifest })
  writeFileSync(join(root, path, "package.json"), text)
  writeFileSync(join(root, path, "mod.mjs"), source)
}

const plugin = (name: string, kind: string): string =>
  [
    `import { Struct as config${name} } from ${JSON.stringify(import.meta.resolve("effect/Schema"))}`,
    `export const ${name} = { "~parade/plugin": 1, kind: { name: "${kind}" }, name: "${name}", summary: "S.", capabilities: ["c"], slots: {}, config: config${name}({}), make: () => {} }`,
    "",
  ].join("\n")

test("The index has every plugin of the packages, by kind and name.", () =>
  inWorkspace(async (root) => {
    writeFileSync(join(root, "package.json"), JSON.stringify({ workspaces: ["plugins/*", "tools"] }))
    addPackage(root, "plugins/two", plugin("b", "verifier") + plugin("a", "verifier"))
    addPackage(root, "plugins/one", plugin("c", "drafter"), { exports: { ".": { default: "./mod.mjs" } } })
    addPackage(root, "plugins/contracts", "export {}")
    addPackage(root, "tools", 'throw new Error("not a plugin")')
    const found = await Effect.runPromise(indexWorkspace(root))
    assert.deepEqual(
      found.map(({ entry }) => [entry.kind, entry.name, entry.package, entry.version, entry.path]),
      [
        ["drafter", "c", "plugins/one", "1.2.3", "plugins/one"],
        ["verifier", "a", "plugins/two", "1.2.3", "plugins/two"],
        ["verifier", "b", "plugins/two", "1.2.3", "plugins/two"],
      ],
    )
    assert.equal((JSON.parse(indexText(found)) as { version: number }).version, 1)
  }))

test("A single package is a workspace of one.", () =>
  inWorkspace(async (root) => {
    addPackage(root, ".", plugin("a", "drafter"), { name: "mine" })
    const [found] = await Effect.runPromise(indexWorkspace(root))
    assert.equal(found!.entry.package, "mine")
  }))

test("A folder without a manifest, and a package that cannot be loaded, are told by their place.", () =>
  inWorkspace(async (root) => {
    const fail = (): Promise<{ code: string; path: string | undefined }> =>
      Effect.runPromise(Effect.flip(indexWorkspace(root)))
    assert.equal((await fail()).path, join(root, "package.json"))
    addPackage(root, ".", "export const = 1")
    assert.equal((await fail()).code, "command.bad-workspace")
    addPackage(root, "typeless", 'export const x = { "~parade/plugin": 1, name: "x" }')
    const unfit = await Effect.runPromise(Effect.flip(indexWorkspace(join(root, "typeless"))))
    assert.equal(unfit.code, "command.bad-workspace")
    assert.match(unfit.message, /it has no kind/)
  }))
