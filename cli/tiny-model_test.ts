import assert from "node:assert/strict"
import { spawnSync } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { fileURLToPath } from "node:url"
import { sharedOrSkip } from "@parade/test/shared"

const bin = fileURLToPath(new URL("bin/parade.mjs", import.meta.url))
const folder = mkdtempSync(join(tmpdir(), "parade-tiny-"))
after(() => rmSync(folder, { recursive: true }))

const parade = (args: readonly string[], cache: string, input = "") =>
  spawnSync(process.execPath, [bin, ...args], {
    input,
    encoding: "utf8",
    env: { ...process.env, XDG_CACHE_HOME: cache },
  })

test("a cache that cannot be written is a note on standard error, and what is printed is JSON Lines", (t) => {
  const model = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (model === undefined) return
  const file = join(folder, "file")
  writeFileSync(file, "")
  const args = ["run", "--model", model, "--tokens", "1,2,3", "--max-tokens", "2", "--json"]
  const { status, stdout, stderr } = parade(args, file)
  assert.equal(status, 0, stderr)
  const types = stdout
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type)
  assert.equal(types.at(-1), "finished")
  assert.match(stderr, /^parade: [^\n]*\[graph\.write-failed\][^\n]*\n$/)
})

test("chat with a model that reads no text is refused at once", (t) => {
  const model = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (model === undefined) return
  const { status, stdout, stderr } = parade(["chat", "--model", model], folder, "hello\n")
  assert.deepEqual([status, stdout], [2, ""])
  assert.match(stderr, /^parade: [^\n]*\[command\.no-tokenizer\][^\n]*\n$/)
})

test("a device that is not there is the caller's mistake, and nothing else is said", (t) => {
  const model = sharedOrSkip(t, "fixtures", "tiny-hf", "llama")
  if (model === undefined) return
  const { status, stdout, stderr } = parade(
    ["run", "--model", model, "--tokens", "1", "--max-tokens", "1", "--device", "cuda"],
    folder,
  )
  if (status === 0) return t.skip("CUDA is installed here")
  assert.deepEqual([status, stdout], [2, ""])
  assert.match(stderr, /^parade: [^\n]*"cuda" is absent[^\n]*\[device\.absent\][^\n]*\n$/)
})
