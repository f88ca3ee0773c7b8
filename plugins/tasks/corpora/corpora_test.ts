import assert from "node:assert/strict"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { after, test } from "node:test"
import { examples, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import {
  QuestionAnswersConfig,
  questionAnswersTask,
  splitText,
  TextWindowsConfig,
  textWindowsTask,
  windowsOf,
} from "./mod.ts"

const folder = mkdtempSync(join(tmpdir(), "parade-corpora-"))
after(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(join(folder, name), content)
  return name
}

const windows = (config: object) =>
  textWindowsTask(Schema.decodeUnknownSync(TextWindowsConfig)(config), folder)
const questions = (config: object) =>
  questionAnswersTask(Schema.decodeUnknownSync(QuestionAnswersConfig)(config), folder)
const made = <E>(task: Effect.Effect<Task, E>): Promise<Task> => Effect.runPromise(task)
const code = async (task: Effect.Effect<Task, { readonly code: string }>): Promise<string> =>
  (await Effect.runPromise(Effect.flip(task))).code

const words = Array.from({ length: 3000 }, (_, i) => (i % 11 === 10 ? `word${i}\n` : `word${i} `)).join("")

test("windows are stretches of the text that end with words, the test ones in its last tenth", () => {
  const task = windowsOf(words, { promptCharacters: 40, answerCharacters: 20 })!
  for (const split of ["train", "test"] as const)
    for (const { prompt, answer } of examples(task, { split, count: 200 })) {
      const at = words.indexOf(prompt + answer)
      assert.ok(at >= 0)
      assert.equal(split === "test", at >= splitText(words).train.length)
      assert.ok(prompt.length >= 40 && prompt.length < 50 && answer.length >= 20 && answer.length < 40)
      assert.match(prompt, /^word/)
      assert.match(answer, /^\s.*\d$/s)
      assert.ok(/\s/.test(words[at + prompt.length + answer.length]!))
    }
})

test("a text is cut in two without loss, at a line where one is near", () => {
  const { train, test } = splitText(words)
  assert.equal(train + test, words)
  assert.ok(train.endsWith("\n") && Math.abs(test.length / words.length - 0.1) < 0.01)
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 200 }), (text) => {
      const parts = splitText(text)
      assert.equal(parts.train + parts.test, text)
      assert.doesNotThrow(() => encodeURIComponent(parts.train) + encodeURIComponent(parts.test))
    }),
  )
})

test("a text without spaces is cut between characters", () => {
  const task = windowsOf("😀👍🏽文".repeat(2000), { promptCharacters: 33, answerCharacters: 17 })
  // One word, so one beginning per split.
  assert.deepEqual(task!.size, { train: 1, test: 1 })
  const { prompt, answer } = task!.example("train", 0, 0)
  assert.doesNotThrow(() => encodeURIComponent(prompt) + encodeURIComponent(answer))
})

const arithmetic = (count: number): string =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({
      question: `What is ${i} + 1?`,
      answer: `It is <<${i}+1=${i + 1}>>${i + 1}.\n#### ${i + 1}`,
    }),
  ).join("\n")

test("questions are split by position, and answers lose their calculations", async () => {
  const task = await made(questions({ source: file("sums.jsonl", `${arithmetic(100)}\n`) }))
  assert.deepEqual(task.size, { train: 90, test: 10 })
  const all = Array.from(examples(task, { split: "test", count: 10 }), ({ prompt }) => prompt)
  assert.deepEqual(
    all.toSorted(),
    Array.from({ length: 10 }, (_, i) => `What is ${90 + i} + 1?\n`),
  )
  const { prompt, answer } = task.example("train", 0, 0)
  const n = Number(/\d+/.exec(prompt)![0]) + 1
  assert.equal(answer, `It is ${n}.\n#### ${n}`)
})

test("an answer is right by its final part, wherever that stands", async () => {
  const line = JSON.stringify({ question: "How much?", answer: "Much.\n#### 1,234" })
  const source = file("final.jsonl", `${line}\n${line.replace("How", "How very")}`)
  const { score } = (await made(questions({ source }))).example("train", 0, 0)
  for (const text of ["#### 1234", "Well.\n#### $1,234.", "First 7, then 1,234"])
    assert.ok(score(text).correct, text)
  for (const text of ["#### 1235", "1234\n#### 7", "1,234 and 7", "none"])
    assert.ok(!score(text).correct, text)
})

test("a question is in one split only, also where the file repeats it", async () => {
  const lines = arithmetic(20).split("\n")
  lines[19] = lines[3]!.replace("What is", "what  is")
  const task = await made(questions({ source: file("again.jsonl", lines.join("\n")) }))
  assert.deepEqual(task.size, { train: 18, test: 1 })
})

test("other keys can be named", async () => {
  const lines = [1, 2, 3].map((n) => JSON.stringify({ q: `${n}`, a: `${n}` })).join("\n")
  const task = await made(questions({ source: file("keys.jsonl", lines), question: "q", answer: "a" }))
  assert.deepEqual(task.size, { train: 2, test: 1 })
})

test("files that cannot be used are refused with what is wrong", async () => {
  assert.equal(await code(windows({ source: "nowhere.txt" })), "task.no-source")
  assert.equal(await code(windows({ source: "." })), "task.no-source")
  assert.equal(
    await code(windows({ source: file("binary", Uint8Array.of(0xff, 0xfe, 0x80)) })),
    "task.not-text",
  )
  assert.equal(await code(windows({ source: file("empty", "") })), "task.too-short")
  assert.equal(await code(windows({ source: file("short", "A few words.") })), "task.too-short")
  assert.equal(await code(questions({ source: file("blank", "\n\n") })), "task.too-short")
  assert.equal(await code(questions({ source: file("one", arithmetic(1)) })), "task.too-short")
  for (const [i, line] of [
    "{",
    "[]",
    "null",
    "7",
    '{"question":"?"}',
    '{"question":"?","answer":3}',
  ].entries()) {
    const source = file(`bad${i}`, `${arithmetic(2)}\n${line}`)
    const error = await Effect.runPromise(Effect.flip(questions({ source })))
    assert.equal(error.code, "task.bad-line", line)
    assert.equal(error.path, `${source}:3`)
  }
})
