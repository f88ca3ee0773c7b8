import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("..", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "parade-bench-drafters-"))
after(() => rmSync(folder, { recursive: true }))

const bench = (...args: readonly string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", join("bench", "drafters.ts"), ...args], {
    cwd: root,
    encoding: "utf8",
  })

test("Parts of a folder are measured beside those of a package, in one table", () => {
  mkdirSync(join(folder, "parts"))
  cpSync(join(root, "plugins", "drafters", "ppd", "prompts"), join(folder, "parts", "ppd"), {
    recursive: true,
  })
  const { status, stderr } = bench(
    "--model",
    "embedded",
    "--only",
    "ppd,ppd-parts",
    "--parts",
    join(folder, "parts"),
    "--examples",
    "1",
    "--rounds",
    "1",
    "--max-tokens",
    "8",
    "--out",
    join(folder, "out"),
  )
  assert.equal(status, 0, stderr)
  const lines = readFileSync(join(folder, "out", "drafters.md"), "utf8").split("\n")
  assert.deepEqual(
    lines.slice(2, 5).map((line) => line.split(" | ")[1]),
    ["plain", "ppd", "ppd-parts"],
  )
})

test("A name that no drafter has, and a folder that is not there, are refused before anything is measured", () => {
  const unknown = bench("--only", "pdd", "--out", join(folder, "unknown"))
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /There is no pdd; there are .*ppd/)
  const absent = bench("--parts", join(folder, "absent"))
  assert.equal(absent.status, 2)
  assert.match(absent.stderr, /There is no folder/)
  const file = join(folder, "file")
  writeFileSync(file, "")
  const blocked = bench("--out", join(file, "out"))
  assert.equal(blocked.status, 2)
  assert.match(blocked.stderr, /This folder cannot be made \(ENOTDIR\)\.\n$/)
})
