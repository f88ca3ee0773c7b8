import { checkRange, generatedTask, type Task, type TaskError } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { classify } from "./classify.ts"
import { complete } from "./complete.ts"
import type { BracketsConfig } from "./config.ts"

const generators = { complete, classify }

/** The bracket language of a config as a task, a category per operation. */
export const bracketsTask = (config: BracketsConfig): Effect.Effect<Task, TaskError> =>
  Effect.flatMap(checkRange(config, "minPairs", "maxPairs"), () =>
    generatedTask({
      name: "@parade/brackets",
      description: `${config.operations.join(", ")} words of ${config.minPairs} to ${config.maxPairs} pairs of ${config.kinds} kinds of brackets, up to ${config.extraPairs} more`,
      categories: Object.fromEntries(config.operations.map((name) => [name, generators[name](config)])),
    }),
  )
