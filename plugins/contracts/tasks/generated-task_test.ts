import assert from "node:assert/strict"
import { test } from "node:test"
import * as Effect from "effect/Effect"
import { neighbours } from "./_fixtures.ts"
import { generatedTask } from "./generated-task.ts"
import { equalTo } from "./score.ts"
import { splitOf, splits } from "./split.ts"

test("an example belongs to its split by the hash of its instance", () => {
  for (const split of splits)
    for (let index = 0; index < 100; index++)
      assert.equal(splitOf(neighbours.example(split, index, 1).instance), split)
})

test("categories take turns, and ids say where an example stands", () => {
  const ids = Array.from({ length: 4 }, (_, index) => neighbours.example("test", index, 9).id)
  assert.deepEqual(ids, ["after/test/9/0", "before/test/9/1", "after/test/9/2", "before/test/9/3"])
})

test("within a split, every instance is as likely as the generator makes it", () => {
  const counts = new Map<string, number>()
  for (let index = 0; index < 20_000; index += 2) {
    const { instance } = neighbours.example("test", index, 0)
    counts.set(instance, (counts.get(instance) ?? 0) + 1)
  }
  const expected = 10_000 / counts.size
  assert.ok(Math.abs(counts.size - 125) < 45, String(counts.size))
  for (const count of counts.values()) assert.ok(Math.abs(count - expected) < 5 * Math.sqrt(expected))
})

test("a task too easy for two splits says so when it is made", () => {
  const made = generatedTask({
    name: "constant",
    description: "",
    categories: {
      one: () => ({ instance: "1", render: () => ({ prompt: "1", answer: "1", score: equalTo("1") }) }),
    },
  })
  const error = Effect.runSync(Effect.flip(made))
  assert.equal(error.code, "task.empty-split")
  assert.equal(error.fault, "caller")
})
