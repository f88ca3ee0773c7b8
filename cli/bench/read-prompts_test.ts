import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import test from "node:test"
import { RequestError } from "@parade/core"
import { standardPrompts } from "./prompts.ts"
import { readPrompts } from "./read-prompts.ts"

const withFile = (text: string, use: (file: string) => void): void => {
  const folder = mkdtempSync(join(tmpdir(), "parade-prompts-"))
  try {
    writeFileSync(join(folder, "p.jsonl"), text)
    use(join(folder, "p.jsonl"))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

test("Prompts are read one per line, with a number where they have no name.", () => {
  withFile('{"prompt":"a"}\n\n{"prompt":"b","id":"x","category":"c"}\n', (file) => {
    const prompts = readPrompts(file)
    assert.deepEqual(
      prompts.map(({ id, category }) => ({ id, category })),
      [
        { id: "1", category: "prompts" },
        { id: "x", category: "c" },
      ],
    )
    assert.equal(prompts[1]?.messages[0]?.content, "b")
  })
})

test("A line that is not a prompt is named with its number.", () => {
  withFile('{"prompt":"a"}\n{"prompt":3}\n', (file) => {
    assert.throws(
      () => readPrompts(file),
      (error) =>
        error instanceof RequestError &&
        error.path === `${file}:2` &&
        error.code === "bench.malformed-prompt",
    )
  })
})

test("An empty or absent file is refused.", () => {
  withFile("\n", (file) => assert.throws(() => readPrompts(file), { code: "bench.no-prompts" }))
  assert.throws(() => readPrompts(join(tmpdir(), "absent.jsonl")), { code: "bench.no-prompts" })
})

test("The standard prompts have different names.", () => {
  assert.equal(new Set(standardPrompts.map(({ id }) => id)).size, standardPrompts.length)
})
