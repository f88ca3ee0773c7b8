import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { test } from "node:test"

const program = `
  import * as Effect from "effect/Effect"
  import { openDevice } from "@parade/onnx"
  await Effect.runPromise(Effect.scoped(openDevice("cpu", { cacheFolder: process.argv[1] })))
`

test("Nothing but Parade's own cache is written: onnxruntime reports to nobody.", (t) => {
  const home = mkdtempSync(join(tmpdir(), "parade-home-"))
  t.after(() => rmSync(home, { recursive: true }))
  const { PATH } = process.env
  const { status, stderr } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", program, join(home, "parade")],
    {
      // Without the variables that make onnxruntime take this for a build server, where it is silent anyway.
      env: { ...(PATH === undefined ? {} : { PATH }), HOME: home, XDG_CACHE_HOME: home },
      cwd: import.meta.dirname,
      encoding: "utf8",
    },
  )
  assert.equal(status, 0, stderr)
  assert.deepEqual(
    readdirSync(home).filter((name) => name !== "parade"),
    [],
  )
})
