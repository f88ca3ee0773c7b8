import assert from "node:assert/strict"
import { test } from "node:test"
import { neighbours } from "./_fixtures.ts"
import { promptsOf } from "./prompts.ts"
import { splitOf } from "./split.ts"

test("prompts are examples of the test split, in order", () => {
  const prompts = promptsOf(neighbours, { count: 6, seed: 3, from: 2 })
  assert.deepEqual(
    prompts.map(({ id, category }) => ({ id, category })),
    Array.from({ length: 6 }, (_, i) => {
      const { id, category } = neighbours.example("test", i + 2, 3)
      return { id, category }
    }),
  )
  for (const { text, messages, example } of prompts) {
    assert.equal(text, example.prompt)
    assert.deepEqual(messages, [{ role: "user", content: example.prompt.trim() }])
    assert.ok(example.score(example.answer).correct)
  }
})

test("solved examples before a prompt are of its category and of the train split", () => {
  for (const { text, messages, category, example } of promptsOf(neighbours, { count: 10, shots: 3 })) {
    const asked = messages.filter(({ role }) => role === "user").map(({ content }) => content)
    assert.equal(messages.length, 7)
    assert.equal(new Set(asked).size, 4)
    for (const content of asked.slice(0, -1)) {
      assert.ok(content.startsWith(category))
      assert.equal(splitOf(content.replace(":", "")), "train")
    }
    const parts = text.split("\n\n")
    assert.equal(parts.length, 4)
    assert.equal(parts[3], example.prompt)
    assert.equal(parts[0], `${asked[0]} ${messages[1]!.content}`)
  }
})
