import assert from "node:assert/strict"
import { test } from "node:test"
import { arithmeticTask } from "@parade/arithmetic"
import { type Encode, endToken } from "@parade/recipes"
import type { Task } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { taskPassages } from "./task-passages.ts"

const task: Task = Effect.runSync(
  arithmeticTask({
    operations: ["add"],
    digits: 2,
    minTerms: 3,
    maxTerms: 3,
    working: false,
    wording: "terse",
  }),
)

const encode: Encode = (text) => Array.from(text, (character) => 10 + character.charCodeAt(0))
const decode = (tokens: ArrayLike<number>): string =>
  Array.from(tokens, (token) => (token < 10 ? "" : String.fromCharCode(token - 10))).join("")

const source = (given: number, length = 40) =>
  taskPassages({ name: "sums", task, encode, length, given, chat: 0.5, seed: 0 })

test("sequences to train on are filled with whole exercises, each with ends behind its answer", () => {
  for (let place = 0; place < 40; place++) {
    const passages = source(1).sequence(place)
    assert.equal(
      passages.reduce((sum, { tokens }) => sum + tokens.length, 0),
      40,
    )
    for (const { tokens, given } of passages) {
      const [a, b, answer] = /(\d+)\+(\d+)=(\d+)/.exec(decode(tokens))!.slice(1).map(Number)
      assert.equal(answer, a! + b!)
      assert.equal(tokens.at(-1), endToken)
      assert.ok(decode(tokens.subarray(0, given)).endsWith("="))
      assert.equal(decode(tokens.subarray(given)), String(answer))
    }
  }
})

test("prompts are given in the share that is asked for", () => {
  const shareOf = (given: number): number => {
    const all = Array.from({ length: 60 }, (_, place) => source(given).sequence(place)).flat()
    return all.filter((passage) => passage.given > 0).length / all.length
  }
  assert.equal(shareOf(1), 1)
  assert.equal(shareOf(0), 0)
  assert.ok(Math.abs(shareOf(0.5) - 0.5) < 0.15)
})

test("what is held out has its prompt given and its answer ended once, and is never trained on", () => {
  const trained = new Set<string>()
  for (let place = 0; place < 40; place++)
    for (const { tokens } of source(1).sequence(place)) trained.add(decode(tokens))
  for (let place = 0; place < 10; place++) {
    const passages = source(0).heldOut(place)
    const rest = passages.at(-1)!
    for (const { tokens, given } of rest.given === rest.tokens.length ? passages.slice(0, -1) : passages) {
      assert.ok(given > 0)
      assert.equal(tokens.subarray(given).filter((token) => token === endToken).length, 1)
      assert.ok(!trained.has(decode(tokens)))
    }
  }
})

test("an exercise that is too long for any sequence is cut", () => {
  const [passage, ...others] = source(1, 3).sequence(0)
  assert.equal(others.length, 0)
  assert.equal(passage!.tokens.length, 3)
})
