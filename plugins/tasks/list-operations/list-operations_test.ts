import assert from "node:assert/strict"
import { test } from "node:test"
import { type Example, examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ListOperationsConfig, type ListOperationName, listOperationsTask } from "./mod.ts"

const taskOf = (config: unknown) =>
  Effect.runSync(listOperationsTask(Schema.decodeUnknownSync(ListOperationsConfig)(config)))

/** Examples of one operation, with the list they are about. */
const exercises = (operation: ListOperationName): readonly (Example & { readonly list: string[] })[] =>
  Array.from(
    examples(taskOf({ operations: [operation], items: "letters", minItems: 4 }), {
      split: "test",
      count: 50,
    }),
    (example) => ({ ...example, list: JSON.parse(/\[.*\]/.exec(example.prompt)![0]) as string[] }),
  )

const parsed = (answer: string): string[] => JSON.parse(answer) as string[]

test("copy, reverse and sort do what they say", () => {
  for (const { list, answer } of exercises("copy")) assert.deepEqual(parsed(answer), list)
  for (const { list, answer } of exercises("reverse")) assert.deepEqual(parsed(answer), list.toReversed())
  for (const { list, answer } of exercises("sort")) assert.deepEqual(parsed(answer), list.toSorted())
})

test("an index counts from 0", () => {
  for (const { list, answer, prompt } of exercises("remove-index")) {
    const index = Number(/entry (\d+)/.exec(prompt)![1])
    assert.deepEqual(parsed(answer), list.toSpliced(index, 1))
  }
  for (const { list, answer, prompt } of exercises("insert-index")) {
    const [, word, index] = /Put "(.)" in, .* entry (\d+)/.exec(prompt)!
    assert.deepEqual(parsed(answer), list.toSpliced(Number(index), 0, word!))
  }
})

test("insertion reaches every gap, the last one too", () => {
  const atEnd = exercises("insert-index").filter(
    ({ list, answer }) => parsed(answer)[list.length] !== list.at(-1),
  )
  assert.ok(atEnd.length > 0)
})

test("a shuffle that changes nothing is wrong, and so is one with another item", () => {
  for (const { list, score } of exercises("shuffle")) {
    assert.equal(score(JSON.stringify(list)).partial, 0)
    const other = score(JSON.stringify(list.toReversed().with(0, "?")))
    assert.equal(other.correct, false)
    assert.ok(other.partial > 0.5)
  }
})

test("replacing at random takes one replacement, not two and not none", () => {
  for (const { list, prompt, score } of exercises("replace-random")) {
    const word = /by "(.)"/.exec(prompt)![1]!
    for (let at = 0; at < list.length; at++) assert.ok(score(JSON.stringify(list.with(at, word))).correct)
    assert.ok(!score(JSON.stringify(list.with(0, word).with(1, word))).correct)
    assert.ok(!score(JSON.stringify(list)).correct)
  }
})

test("lists are read leniently, and strictness is told apart", () => {
  const [{ list, score }] = exercises("copy") as [ReturnType<typeof exercises>[0]]
  assert.deepEqual(score(`Sure! Here it is: [${list.join(",")}] I hope it helps`), {
    correct: true,
    partial: 1,
    strict: false,
  })
  assert.equal(score(`["${list.join('", "')}"]`).strict, true)
  assert.equal(score(list.join(", ")).correct, false)
})

test("a wrong item costs its share", () => {
  const [{ list, score }] = exercises("copy") as [ReturnType<typeof exercises>[0]]
  assert.equal(score(JSON.stringify(list.with(1, "?"))).partial, 1 - 1 / list.length)
})

test("lists stay in their split under every operation, wording and length", () => {
  const contents = (config: unknown, split: "train" | "test") =>
    new Set(Array.from(examples(taskOf(config), { split, count: 400 }), ({ instance }) => instance))
  const held = contents({ items: "letters", minItems: 2, maxItems: 3 }, "test")
  const shown = contents({ items: "letters", minItems: 2, maxItems: 4, operations: ["sort"] }, "train")
  for (const list of held) assert.ok(!shown.has(list), list)
})

test("a config whose smallest list is longer than its largest is refused", () => {
  assert.throws(() => taskOf({ minItems: 5, maxItems: 4 }), /minItems is 5 and maxItems is 4/)
  assert.throws(() => taskOf({ operations: [] }))
  assert.throws(() => taskOf({ operations: ["copy", "copy"] }))
})
