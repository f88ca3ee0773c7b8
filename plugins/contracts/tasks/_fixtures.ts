import * as Effect from "effect/Effect"
import { equalTo } from "./score.ts"
import { generatedTask } from "./generated-task.ts"
import type { Task } from "./task.ts"

/** A task of two categories: what follows a number, what precedes it. */
export const neighbours: Task = Effect.runSync(
  generatedTask({
    name: "neighbours",
    description: "numbers and their neighbours",
    categories: {
      after: (draws) => {
        const n = draws.below(1000)
        const answer = String(n + 1)
        return {
          instance: `after ${n}`,
          render: () => ({ prompt: `after ${n}: `, answer, score: equalTo(answer) }),
        }
      },
      before: (draws) => {
        const n = draws.between(1, 1000)
        const answer = String(n - 1)
        return {
          instance: `before ${n}`,
          render: () => ({ prompt: `before ${n}: `, answer, score: equalTo(answer) }),
        }
      },
    },
  }),
)
