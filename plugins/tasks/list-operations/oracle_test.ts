import assert from "node:assert/strict"
import { test } from "node:test"
import { uniform } from "@parade/core"
import { type Example, examples, fillSlots, type Marginal, oracle } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { idealReplaceSampled } from "./ideal-accuracy.ts"
import { listOperationNames, ListOperationsConfig, listOperationsTask } from "./mod.ts"

const config = { items: "letters", notation: "spaces", wording: "terse" }
const exercises = (operation: string, items: number, count: number): readonly Example[] => {
  const settings = { ...config, operations: [operation], minItems: items, maxItems: items }
  const task = Effect.runSync(listOperationsTask(Schema.decodeUnknownSync(ListOperationsConfig)(settings)))
  return Array.from(examples(task, { split: "test", count }))
}

const drawn = (marginal: Marginal, u: number): string => {
  let sum = 0
  for (const [content, probability] of marginal) if ((sum += probability) > u) return content
  return [...marginal.keys()].at(-1)!
}

/** An answer drawn by the oracle, so many slots at once, in an order that the seed decides. */
const decoded = ({ answer, space }: Example, perStep: number, seed: number): string => {
  const { slots, enumerate } = space!()
  const marginals = oracle([...enumerate()])
  const filled: (string | undefined)[] = slots.map(() => undefined)
  const order = slots
    .map((_, slot) => ({ slot, key: uniform(seed, "noise", slot) }))
    .sort((a, b) => a.key - b.key)
  for (let at = 0; at < order.length; at += perStep) {
    const now = marginals(filled)
    for (const { slot } of order.slice(at, at + perStep))
      filled[slot] = drawn(now[slot]!, uniform(seed, "token", slot))
  }
  return fillSlots(answer, slots, filled as string[])
}

const accuracy = (all: readonly Example[], perStep: number): number =>
  all.filter((example, seed) => example.score(decoded(example, perStep, seed)).correct).length / all.length

test("one item per step, a perfect model is always right, in any order", () => {
  for (const operation of listOperationNames)
    assert.equal(accuracy(exercises(operation, 5, 40), 1), 1, operation)
})

test("where nothing is to lose, a perfect model is right however many items are drawn at once", () => {
  for (const operation of ["copy", "reverse", "sort", "replace-index", "insert-index", "remove-index"])
    assert.equal(accuracy(exercises(operation, 6, 40), 6), 1, operation)
})

test("a perfect model replaces at random as accurately as the formula says", () => {
  const all = exercises("replace-random", 6, 600)
  for (const perStep of [2, 3, 6]) {
    const expected = idealReplaceSampled(6, perStep)
    const seen = accuracy(all, perStep)
    assert.ok(
      Math.abs(seen - expected) < 4 * Math.sqrt((expected * (1 - expected)) / 600),
      `${perStep}: ${seen}`,
    )
  }
})

test("what loses more bits when drawn at once is right less often", () => {
  const seen = ["replace-random", "insert-random", "shuffle"].map((operation) =>
    accuracy(exercises(operation, 5, 200), 6),
  )
  assert.ok(seen[0]! > seen[1]! && seen[1]! > seen[2]!, String(seen))
})
