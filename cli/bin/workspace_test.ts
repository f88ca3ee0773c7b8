import assert from "node:assert/strict"
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { workspaceBundle } from "./_workspace.mjs"

const folder = mkdtempSync(join(tmpdir(), "parade-bundle-"))
after(() => rmSync(folder, { recursive: true }))

const bundleIn = async (
  cache: string,
): Promise<{ readonly file?: string; readonly notes: readonly string[] }> => {
  const notes: string[] = []
  const url = await workspaceBundle(cache, (text) => void notes.push(text))
  return url === undefined ? { notes } : { file: fileURLToPath(url), notes }
}

test("A bundle is made once and served until a source changes.", async () => {
  const cache = join(folder, "cache")
  const made = await bundleIn(cache)
  assert.deepEqual(made.notes, [])
  assert.ok(existsSync(made.file!), "there is no bundle")
  assert.equal((await bundleIn(cache)).file, made.file)
  const record = join(cache, "bundle.json")
  const { folder: at, ages } = JSON.parse(readFileSync(record, "utf8")) as {
    folder: string
    ages: Record<string, number>
  }
  const [source] = Object.keys(ages)
  writeFileSync(record, JSON.stringify({ folder: at, ages: { ...ages, [source!]: 0 } }))
  await bundleIn(cache)
  const anew = JSON.parse(readFileSync(record, "utf8")) as { ages: Record<string, number> }
  assert.deepEqual(anew.ages, ages)
})

test("A copied checkout does not run the bundle of the one it was copied from.", async () => {
  const copy = join(folder, "copy")
  cpSync(join(folder, "cache"), copy, { recursive: true })
  const { file, notes } = await bundleIn(copy)
  assert.deepEqual(notes, [])
  assert.equal(dirname(dirname(file!)), copy)
})

test("What keeps a bundle from being made is told in one line, and the sources run.", async () => {
  const file = join(folder, "file")
  writeFileSync(file, "")
  const { file: none, notes } = await bundleIn(join(file, "cache"))
  assert.equal(none, undefined)
  assert.match(
    notes.join("\n"),
    /^the command could not be bundled, so it starts from its sources: ENOTDIR.*$/,
  )
})
