import assert from "node:assert/strict"
import { test } from "node:test"
import { composeAs, registryOf } from "@parade/core"
import { plugin as lists } from "@parade/list-operations"
import { plugin as squares } from "@parade/squares"
import { examples, type Task, TaskKind } from "@parade/tasks"
import { plugin as sentences } from "@parade/templated-sentences"
import { taskSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import { plugin } from "./mod.ts"

const registry = registryOf([plugin, lists, squares, sentences])
const composed = composeAs<Task>(TaskKind, { use: "@parade/parallelbench" }, { registry })

taskSuite(test, composed)

test("the suite has the ten list operations, two puzzles and two tasks of sentences", async () => {
  const task = await Effect.runPromise(Effect.scoped(composed))
  assert.equal(task.categories.length, 14)
  assert.equal(task.categories.filter((name) => name.startsWith("list-operations/")).length, 10)
})

test("every example says what decoding it at once must lose", async () => {
  const task = await Effect.runPromise(Effect.scoped(composed))
  const lost = new Map<string, number>()
  for (const { category, space } of examples(task, { split: "test", count: 140 }))
    lost.set(category, Math.max(lost.get(category) ?? 0, space!().correlation))
  const order = ["copy", "replace-random", "insert-random", "shuffle"].map((name) =>
    lost.get(`list-operations/${name}`)!,
  )
  assert.equal(order[0], 0)
  assert.ok(order[0]! < order[1]! && order[1]! < order[2]! && order[2]! < order[3]!, String(order))
  assert.ok(lost.get("squares/latin-build")! > 22)
})

test("other tasks can take the place of the suite's", async () => {
  const long = {
    use: "@parade/parallelbench",
    tasks: [{ use: "@parade/list-operations", with: { minItems: 15, maxItems: 15 } }],
  }
  const task = await Effect.runPromise(Effect.scoped(composeAs<Task>(TaskKind, long, { registry })))
  assert.match(task.description, /15 to 15 names/)
})
