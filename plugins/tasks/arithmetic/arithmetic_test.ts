import assert from "node:assert/strict"
import { test } from "node:test"
import { examples } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { steps, valueOf } from "./expression.ts"
import { ArithmeticConfig, arithmeticTask } from "./mod.ts"

const exercises = (config: unknown, count = 200) => {
  const task = Effect.runSync(arithmeticTask(Schema.decodeUnknownSync(ArithmeticConfig)(config)))
  return Array.from(examples(task, { split: "train", count }))
}

/** Calculates a formula independently, products first. */
const calculated = (asked: string): number =>
  asked
    .replaceAll("-", "+-")
    .split("+")
    .map((term) => term.split("*").reduce((product, factor) => product * Number(factor), 1))
    .reduce((sum, term) => sum + term, 0)

test("answers are what the formula comes to", () => {
  for (const { prompt, answer } of exercises({}))
    assert.equal(Number(answer), calculated(prompt.replace("=", "")), prompt)
})

test("nothing falls below zero on the way", () => {
  for (const { answer } of exercises({ operations: ["subtract", "chain"], working: true }))
    assert.doesNotMatch(answer, /(^|=)-/)
})

test("numbers have as many digits as allowed, and fewer as often", () => {
  const numbers = exercises({ operations: ["add"], digits: 4 }).flatMap(({ prompt }) => prompt.match(/\d+/g)!)
  for (const length of [1, 2, 3, 4]) {
    const share = numbers.filter((number) => number.length === length).length / numbers.length
    assert.ok(Math.abs(share - 0.25) < 0.1, `${share} of length ${length}`)
  }
})

test("a chain is worked out step by step", () => {
  const expression = { numbers: [2, 3, 4, 1], operators: ["+", "*", "-"] } as const
  assert.equal(valueOf(expression), 13)
  assert.deepEqual(
    steps(expression).map(({ numbers }) => numbers),
    [[2, 12, 1], [14, 1], [13]],
  )
  for (const { prompt, answer } of exercises({ operations: ["chain"], working: true }, 50))
    for (const step of answer.split("=")) assert.equal(calculated(step), calculated(prompt.replace("=", "")))
})

test("a sum and its mirror image are one exercise", () => {
  const sums = exercises({ operations: ["add"], digits: 1 }, 300)
  const mirrored = sums.map(({ prompt, instance }) => {
    const [a, b] = prompt.match(/\d+/g)!.map(Number)
    return [Math.min(a!, b!), Math.max(a!, b!)].join("+") === instance
  })
  assert.ok(mirrored.every(Boolean))
})

test("the number is read from the first line that has one, and its last digits count alone", () => {
  const [{ answer, score }] = exercises({ operations: ["add"], digits: 3 }) as [
    ReturnType<typeof exercises>[0],
  ]
  assert.ok(score(`The sum is ${answer}.\n7`).correct)
  assert.ok(!score(`${answer}\n7`).strict)
  assert.ok(!score(`7\n${answer}`).correct)
  assert.equal(score(`9${answer}`).partial, answer.length / (answer.length + 1))
})
