import assert from "node:assert/strict"
import { test } from "node:test"
import { composeAs, definePlugin, registryOf } from "@parade/core"
import { equalTo, generatedTask, type Task, TaskKind } from "@parade/tasks"
import { taskSuite } from "@parade/test"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { plugin } from "./mod.ts"

const doubling = definePlugin({
  kind: TaskKind,
  name: "@other/doubling",
  summary: "Twice a number.",
  config: Schema.Struct({}),
  make: () =>
    generatedTask({
      name: "@other/doubling",
      description: "twice a number",
      categories: {
        double: (draws) => {
          const n = draws.below(5000)
          const answer = String(2 * n)
          return {
            instance: `double ${n}`,
            render: () => ({ prompt: `2*${n}=`, answer, score: equalTo(answer) }),
          }
        },
      },
    }),
})

const compose = (tasks: readonly object[]) =>
  composeAs<Task>(
    TaskKind,
    { use: "@parade/mixed-tasks", tasks },
    { registry: registryOf([plugin, doubling]) },
  )

taskSuite(test, compose([{ use: "@other/doubling" }, { use: "@other/doubling" }]))

test("a mixture may be part of a mixture", async () => {
  const inner = {
    use: "@parade/mixed-tasks",
    tasks: [{ use: "@other/doubling" }, { use: "@other/doubling" }],
  }
  const task = await Effect.runPromise(Effect.scoped(compose([inner, { use: "@other/doubling" }])))
  assert.deepEqual(task.categories, [
    "mixed-tasks/doubling/double",
    "mixed-tasks/doubling-2/double",
    "doubling/double",
  ])
})

test("a mixture of nothing is refused when it is composed", async () => {
  const error = await Effect.runPromise(Effect.flip(Effect.scoped(compose([]))))
  assert.match(error.describe(), /pipeline\.too-few/)
})
