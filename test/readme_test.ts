import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { test } from "node:test"

const folder = import.meta.dirname

test("the example of the README passes its suite", () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readFileSync(join(folder, "README.md"), "utf8"))!
  const own = mkdtempSync(join(folder, ".readme-"))
  try {
    writeFileSync(join(own, "example_test.ts"), example!)
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const run = spawnSync(process.execPath, ["--import", "tsx", "--test", join(own, "example_test.ts")], {
      cwd: folder,
      env,
      encoding: "utf8",
    })
    assert.match(run.stdout, /# pass [1-9]/)
    assert.equal(run.status, 0, run.stdout)
  } finally {
    rmSync(own, { recursive: true })
  }
})
