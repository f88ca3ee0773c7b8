import assert from "node:assert/strict"
import test from "node:test"
import { RequestError } from "@parade/core"
import { standardPrompts } from "./prompts.ts"
import { readPrompts } from "./read-prompts.ts"

test("Prompts are read one per line, with a number where they have no name.", () => {
  const prompts = readPrompts('{"prompt":"a"}\n\n{"prompt":"b","id":"x","category":"c"}\n', "p.jsonl")
  assert.deepEqual(
    prompts.map(({ id, category }) => ({ id, category })),
    [
      { id: "1", category: "prompts" },
      { id: "x", category: "c" },
    ],
  )
  assert.equal(prompts[1]?.messages[0]?.content, "b")
})

test("A line that is not a prompt is named with its number.", () => {
  assert.throws(
    () => readPrompts('{"prompt":"a"}\n{"prompt":3}\n', "p.jsonl"),
    (error) =>
      error instanceof RequestError && error.path === "p.jsonl:2" && error.code === "bench.malformed-prompt",
  )
})

test("An empty file is refused.", () => {
  assert.throws(() => readPrompts("\n", "p.jsonl"), { code: "bench.no-prompts", path: "p.jsonl" })
})

test("The standard prompts have different names.", () => {
  assert.equal(new Set(standardPrompts.map(({ id }) => id)).size, standardPrompts.length)
})
