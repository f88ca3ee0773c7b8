import assert from "node:assert/strict"
import { test } from "node:test"
import { equalTo, generatedTask } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { exercisePrompts } from "./exercise-prompts.ts"

const doubling = generatedTask({
  name: "@other/doubling",
  description: "twice a number",
  categories: {
    double: (draws) => {
      const n = draws.below(5000)
      const answer = String(2 * n)
      return {
        instance: `double ${n}`,
        render: () => ({ prompt: `2*${n}=\n`, answer, score: equalTo(answer) }),
      }
    },
  },
})

test("Exercises become prompts whose answers are judged.", async () => {
  const prompts = exercisePrompts(await Effect.runPromise(doubling), 5)
  assert.equal(new Set(prompts.map(({ id }) => id)).size, 5)
  for (const { messages, category, isRight } of prompts) {
    const [, n] = /^2\*(\d+)=$/.exec(messages[0]!.content)!
    assert.equal(category, "double")
    assert.equal(isRight!(`${2 * Number(n)}\n`), true)
    assert.equal(isRight!("no"), false)
  }
})
