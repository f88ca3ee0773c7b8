import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test, type TestContext } from "node:test"
import { writeWholeFile } from "./write-whole-file.ts"

const folderFor = (t: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), "parade-write-"))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test("A file is written, or written anew behind the link that leads to it, and nothing is left beside it.", async (t) => {
  const folder = folderFor(t)
  const [file, link] = [join(folder, "file"), join(folder, "link")]
  await writeWholeFile(file, "one")
  symlinkSync("file", link)
  await writeWholeFile(link, "two")
  assert.ok(lstatSync(link).isSymbolicLink())
  assert.equal(readFileSync(file, "utf8"), "two")
  assert.deepEqual(readdirSync(folder), ["file", "link"])
})

test("A folder is told, not written.", async (t) => {
  await assert.rejects(writeWholeFile(folderFor(t), "x"), { code: "EISDIR" })
})

test(
  "Where there is no room for all of it, what was there stays.",
  { skip: process.platform === "win32" ? "no limit of file sizes here" : false },
  (t) => {
    const folder = folderFor(t)
    const file = join(folder, "file")
    writeFileSync(file, "old")
    const script = `import { writeWholeFile } from ${JSON.stringify(import.meta.resolve("./write-whole-file.ts"))}
      process.on("SIGXFSZ", () => {})
      await writeWholeFile(${JSON.stringify(file)}, "x".repeat(8_000_000)).catch(({ code }) => console.log(code))`
    const limited = 'ulimit -f 2000; exec "$0" --import tsx --input-type=module -e "$1"'
    const { stdout, stderr } = spawnSync("sh", ["-c", limited, process.execPath, script], {
      encoding: "utf8",
    })
    assert.equal(stdout, "EFBIG\n", stderr)
    assert.deepEqual([readdirSync(folder), readFileSync(file, "utf8")], [["file"], "old"])
  },
)
