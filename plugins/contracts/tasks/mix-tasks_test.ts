import assert from "node:assert/strict"
import { test } from "node:test"
import { collectionTask, equalTo, type Example, examples, generatedTask, mixTasks, type Task } from "./mod.ts"
import { taskSuite } from "@parade/test"
import * as Effect from "effect/Effect"

const squares = Effect.runSync(
  generatedTask({
    name: "@other/powers",
    description: "powers",
    categories: Object.fromEntries(
      [2, 3].map((power) => [
        `to the ${power}`,
        (draws) => {
          const n = draws.below(5000)
          const answer = String(n ** power)
          return {
            instance: `${n}^${power}`,
            render: () => ({ prompt: `${n}^${power}=`, answer, score: equalTo(answer) }),
          }
        },
      ]),
    ),
  }),
)

const names: Task = collectionTask({
  name: "names",
  description: "numbers by name",
  category: "name",
  size: { train: 90, test: 30 },
  at: (split, place) => {
    const answer = `${split} ${place}`
    return { instance: answer, prompt: `name of ${answer}: `, answer, score: equalTo(answer) }
  },
})

const mixed = Effect.runSync(mixTasks("mixed", [squares, names, squares]))

taskSuite(test, Effect.succeed(mixed))

test("all categories take turns, each under its task's name", () => {
  assert.deepEqual(mixed.categories, [
    "powers/to the 2",
    "powers/to the 3",
    "names/name",
    "powers-2/to the 2",
    "powers-2/to the 3",
  ])
})

test("each task gives its own examples, in its own order", () => {
  const essential = ({ prompt, answer }: Example) => ({ prompt, answer })
  const own = Array.from(examples(mixed, { split: "test", seed: 4, count: 25 }))
  for (const [task, name] of [
    [squares, "powers"],
    [names, "names"],
  ] as const) {
    const parts = own.filter(({ category }) => category.startsWith(`${name}/`)).map(essential)
    const alone = Array.from(examples(task, { split: "test", seed: 4, count: parts.length }), essential)
    assert.deepEqual(parts, alone)
  }
})

test("nothing to mix is refused", () => {
  assert.equal(Effect.runSync(Effect.flip(mixTasks("mixed", []))).code, "task.nothing-to-mix")
})
