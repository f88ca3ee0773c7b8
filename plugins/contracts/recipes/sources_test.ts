import assert from "node:assert/strict"
import { test } from "node:test"
import { collectionTask } from "@parade/tasks"
import { equalTo } from "@parade/tasks"
import { chatTemplate, chatTokens, exerciseTokens, mixture, streamSource, taskSource } from "./mod.ts"
import { trainTokenizer, saveTokenizer } from "@parade/training"
import * as Effect from "effect/Effect"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

const encode = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0))

const doubles = collectionTask({
  name: "@some/doubles",
  description: "doubles",
  category: "double",
  size: { train: 50, test: 20 },
  at: (split, place) => {
    const number = split === "train" ? place : 100 + place
    const answer = String(2 * number)
    return { instance: `${number}`, prompt: `${number}+${number}=`, answer, score: equalTo(answer) }
  },
})

const source = (seed: number) => taskSource({ name: "doubles", task: doubles, encode, length: 24, seed })

test("a window of a task is a function of its place, and shows what follows each token", () => {
  const { window } = source(1)
  const later = window(7)
  assert.deepEqual(source(1).window(7), later)
  assert.notDeepEqual(source(2).window(7), later)
  assert.deepEqual(later.targets.subarray(0, -1), later.tokens.subarray(1))
  assert.equal(later.tokens.length, 24)
})

test("half the windows of a task begin with an example, and held-out ones show none to train on", () => {
  const { window, heldOut } = source(3)
  const begins = Array.from({ length: 400 }, (_, i) => window(i).tokens).filter(
    ([first, second]) => first === 1 || (first! >= 48 && first! <= 57 && second !== 0),
  ).length
  assert.ok(begins > 180, `${begins}`)
  const text = (tokens: Int32Array): string => String.fromCharCode(...tokens)
  for (let i = 0; i < 50; i++)
    for (const [, number] of text(heldOut(i).tokens).matchAll(/(\d+)\+\1=/g)) assert.ok(Number(number) >= 100)
})

test("windows of text begin anywhere and are wholly of their part", () => {
  const train = Int32Array.from({ length: 200 }, (_, i) => i)
  const heldOut = Int32Array.from({ length: 33 }, (_, i) => 1000 + i)
  const text = streamSource({ name: "text", train, heldOut, length: 8, seed: 5 })
  const starts = Array.from({ length: 500 }, (_, i) => text.window(i).tokens[0]!)
  assert.ok(new Set(starts).size > 120)
  assert.ok(Math.max(...starts) <= 191)
  assert.deepEqual(text.heldOut(5), text.heldOut(1))
  assert.deepEqual([...text.heldOut(0).targets], [1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008])
  assert.throws(() => streamSource({ name: "text", train, heldOut, length: 64, seed: 5 }), {
    code: "training.too-little-data",
  })
})

test("a mixture keeps to the shares", () => {
  const chosen = mixture([1, 0, 3], 9)
  const counts = [0, 0, 0]
  for (let i = 0; i < 4000; i++) counts[chosen(i)]!++
  assert.equal(counts[1], 0)
  assert.ok(Math.abs(counts[0]! - 1000) < 120, counts.join())
  for (const bad of [[], [0, 0], [1, -1], [Number.NaN]])
    assert.throws(() => mixture(bad, 0), { code: "recipe.bad-shares" })
})

test("what is trained on as a conversation is what the chat template makes of it", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "parade-recipes-"))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = trainTokenizer(["what is the sum of one and two?"], {
    vocabularySize: 270,
    special: chatTokens,
  })
  const tokenizer = await Effect.runPromise(
    saveTokenizer(folder, file, { endToken: "<|end|>", chatTemplate }),
  )
  assert.deepEqual(tokenizer.endTokens, [0])
  const plain = (text: string) =>
    tokenizer.encode(text, { addSpecialTokens: false, parseSpecialTokens: false })
  const exercise = { prompt: "what is the sum?\n", answer: "two" }
  const asked = await Effect.runPromise(
    tokenizer.applyChatTemplate([{ role: "user", content: "what is the sum?" }]),
  )
  assert.deepEqual(exerciseTokens(exercise, plain, true), [...tokenizer.encode(`${asked}two<|end|>`)])
  assert.deepEqual(exerciseTokens(exercise, plain, false), [
    ...plain("what is the sum?\n"),
    ...plain("two"),
    0,
  ])
})
