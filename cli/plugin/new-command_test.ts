import assert from "node:assert/strict"
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test, { after } from "node:test"
import * as Effect from "effect/Effect"
import { runParade } from "../_run-parade.ts"
import { officialPlugins } from "../load-plugins.ts"
import { nameProblem } from "./package-name.ts"
import { newPackage } from "./new-package.ts"
import { filesOfTemplate } from "./template.ts"
import { writeFolder } from "./write-folder.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-new-"))
after(() => rmSync(folder, { recursive: true, force: true }))

test("A name is one that npm takes, and that pipelines do not take for another.", () => {
  for (const name of ["my-drafter", "@me/my-drafter", "a", "0-drafts", "@me/threshold", "a.b_c"])
    assert.equal(nameProblem(name, officialPlugins), undefined, name)
  for (const name of [
    "",
    "My-drafter",
    "my drafter",
    ".hidden",
    "_private",
    "../up",
    "@me",
    "@me/",
    "@me/a/b",
    "node_modules",
    "fs",
    "x".repeat(215),
    "@parade/mine",
    "threshold",
  ])
    assert.notEqual(nameProblem(name, officialPlugins), undefined, name)
})

test("new writes a package under its name, says what is in it, and never writes over anything.", async () => {
  const place = join(folder, "deep", "mine")
  const args = ["plugin", "new", "@me/mine", "--kind", "verifier", "--out", place]
  const { status, out } = await runParade(args)
  assert.equal(status, 0)
  assert.match(out, /npm install\n.*npm test.*\n.*\n.*npx parade run examples\/mine\.json/)
  for (const path of ["package.json", "deno.json"])
    assert.equal((JSON.parse(readFileSync(join(place, path), "utf8")) as { name: string }).name, "@me/mine")
  for (const [path, text] of filesOfTemplate("verifier", "@me/mine")) {
    assert.equal(readFileSync(join(place, path), "utf8"), text)
    assert.ok(!/parade-plugin-template|<example>|<file>/.test(text), path)
  }
  const again = await Effect.runPromise(Effect.flip(newPackage("@me/mine", "verifier", place)))
  assert.match(again.describe(), /not empty, and nothing is overwritten.*\[command\.folder-exists\]/)
})

test("A name or kind that will not do is told with what would, and writes nothing.", async () => {
  const place = join(folder, "nothing")
  for (const [name, kind, said] of [
    ["Mine", "drafter", /small letters.*\[command\.bad-package-name\]/],
    ["mine", "draftr", /Did you mean "drafter"\?.*\[command\.unknown-kind\]/],
    ["mine", "model", /modelSuite.*\[command\.no-template\]/],
  ] as const) {
    const error = await Effect.runPromise(Effect.flip(newPackage(name, kind, place)))
    assert.equal(error.fault, "caller")
    assert.match(error.describe(), said)
  }
  assert.ok(!existsSync(place))
})

const failing = (place: string): Promise<{ readonly code: string }> => {
  // The second file cannot be written where the first one is.
  const files = new Map([
    ["a", "1"],
    ["a/b", "2"],
  ])
  return Effect.runPromise(Effect.flip(writeFolder(place, files)))
}

test("Where a file cannot be written, nothing is left of the folder or of those made for it.", async () => {
  const before = readdirSync(folder)
  assert.equal((await failing(join(folder, "new", "new", "new"))).code, "command.unwritable-folder")
  assert.equal((await failing(join(folder, "flat"))).code, "command.unwritable-folder")
  assert.deepEqual(readdirSync(folder), before)
  const empty = join(folder, "empty")
  mkdirSync(empty)
  assert.equal((await failing(empty)).code, "command.unwritable-folder")
  assert.deepEqual(readdirSync(empty), [])
  await Effect.runPromise(writeFolder(empty, new Map([["a/b", "2"]])))
  assert.equal(readFileSync(join(empty, "a", "b"), "utf8"), "2")
  assert.deepEqual(readdirSync(folder).sort(), [...before, "empty"].sort())
})

test("A file in the way, or instead of a folder, is told as such.", async () => {
  const file = join(folder, "file")
  writeFileSync(file, "")
  assert.equal((await failing(file)).code, "command.folder-exists")
  assert.equal((await failing(join(file, "in"))).code, "command.unwritable-folder")
  assert.equal(readFileSync(file, "utf8"), "")
})

test(
  "Where nobody makes folders, that is said rather than tried for ever.",
  { skip: existsSync("/proc/self") ? false : "there is no /proc here" },
  async () => {
    assert.equal((await failing("/proc/parade/inside/mine")).code, "command.unwritable-folder")
  },
)
