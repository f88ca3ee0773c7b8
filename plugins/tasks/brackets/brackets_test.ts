import assert from "node:assert/strict"
import { test } from "node:test"
import { drawsFor, examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { countCompletions } from "./completions.ts"
import { drawCompletion, isBalanced, openAfter } from "./dyck.ts"
import { BracketsConfig, bracketsTask } from "./mod.ts"

const exercises = (config: unknown, count = 200) => {
  const task = Effect.runSync(bracketsTask(Schema.decodeUnknownSync(BracketsConfig)(config)))
  return Array.from(examples(task, { split: "train", count }))
}

test("a word is balanced where every bracket is closed by its own kind", () => {
  for (const word of ["", "()", "([]{})", "<[()]>()"]) assert.ok(isBalanced(word), word)
  for (const word of ["(", ")", "([)]", "(]", "a", ")("]) assert.ok(!isBalanced(word), word)
  assert.deepEqual(openAfter("([]{"), [0, 2])
})

test("all balanced words of a length are drawn, and equally often", () => {
  const counts = new Map<string, number>()
  const runs = 4000
  for (let index = 0; index < runs; index++) {
    const word = drawCompletion(drawsFor("words", 0, index), [], 3, 2)
    assert.ok(isBalanced(word))
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  // Catalan number 5, and two kinds for each of three pairs.
  assert.equal(counts.size, 5 * 8)
  for (const count of counts.values()) assert.ok(Math.abs(count - 100) < 45, String(count))
})

test("completions are counted as ballots are", () => {
  assert.equal(countCompletions(0, 6, 1), 5)
  assert.equal(countCompletions(2, 2, 4), 1)
  assert.equal(countCompletions(1, 3, 2), 2 * 2)
  assert.equal(countCompletions(1, 2, 1), 0)
})

test("a prompt and its answer are balanced together, in as many brackets as asked", () => {
  for (const { prompt, answer } of exercises({ operations: ["complete"], extraPairs: 4 })) {
    const [, length, prefix] = /complete with (\d+): (.*)\n/.exec(prompt)!
    assert.ok(isBalanced(prefix! + answer) && !isBalanced(prefix!))
    assert.equal(answer.length, Number(length))
  }
})

test("without extra pairs there is one completion, and it closes what is open", () => {
  for (const { space } of exercises({ operations: ["complete"] })) {
    const { answers, entropy, correlation } = space!()
    assert.deepEqual([answers, entropy, correlation], [1, 0, 0])
  }
})

test("a completion is worth its beginning up to the first bracket that spoils it", () => {
  for (const { answer, score } of exercises({ operations: ["complete"], minPairs: 8 }, 50)) {
    if (answer.length < 3) continue
    assert.equal(score(answer.slice(0, 2)).partial, 2 / answer.length)
    assert.equal(score(`${answer[0]}#${answer.slice(2)}`).partial, 1 / answer.length)
    assert.ok(score(Array.from(answer).join(" ")).correct)
  }
})

test("half of the words to classify are balanced, and the others nearly", () => {
  const words = exercises({ operations: ["classify"] }, 400)
  const yes = words.filter(({ answer }) => answer === "yes").length
  assert.ok(Math.abs(yes - 200) < 50, String(yes))
  for (const { prompt, answer } of words)
    assert.equal(isBalanced(prompt.replace("balanced: ", "").trim()) ? "yes" : "no", answer)
})

test("yes and no are read from the first word", () => {
  const [{ answer, score }] = exercises({ operations: ["classify"] }, 1) as [ReturnType<typeof exercises>[0]]
  const other = answer === "yes" ? "no" : "yes"
  assert.ok(score(`${answer.toUpperCase()}, because`).correct)
  assert.ok(!score(`${other}, not ${answer}`).correct)
  assert.ok(!score(`${answer}ish`).correct)
})
