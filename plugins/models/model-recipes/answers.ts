import { type Example, examples, judge, type Task } from "@parade/tasks"
import * as Effect from "effect/Effect"

/** The shares of held-out examples that are answered correctly, by `accuracy.<name>` and the task's categories. */
export const taskAccuracy = <E, R>(
  task: Task,
  options: { readonly name: string; readonly count: number; readonly seed: number },
  answer: (example: Example) => Effect.Effect<string, E, R>,
): Effect.Effect<Readonly<Record<string, number>>, E, R> =>
  Effect.gen(function* () {
    const { name, count, seed } = options
    const answers = []
    for (const example of examples(task, { split: "test", seed, count }))
      answers.push({ example, text: yield* answer(example) })
    const { accuracy, categories } = judge(answers)
    const parts = task.categories.length > 1 ? Object.entries(categories) : []
    return Object.fromEntries([
      [`accuracy.${name}`, accuracy],
      ...parts.map(([category, quality]) => [`accuracy.${name}/${category}`, quality.accuracy] as const),
    ])
  })
