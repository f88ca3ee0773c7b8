import { bareName } from "@parade/core"
import * as Effect from "effect/Effect"
import { checkPlace, type Task, TaskError } from "./task.ts"

/** A task's categories under its name; where a name comes again, with a number. */
const prefixes = (tasks: readonly Task[]): readonly string[] => {
  const seen = new Map<string, number>()
  return tasks.map(({ name }) => {
    const bare = bareName(name)
    const count = (seen.get(bare) ?? 0) + 1
    seen.set(bare, count)
    return count === 1 ? bare : `${bare}-${count}`
  })
}

/**
 * Several tasks as one: all their categories take turns, so that each is as frequent. A category is called by its
 * task's name and its own.
 */
export const mixTasks = (name: string, tasks: readonly Task[]): Effect.Effect<Task, TaskError> => {
  if (tasks.length === 0)
    return Effect.fail(
      new TaskError({
        code: "task.nothing-to-mix",
        message: "There are no tasks to mix.",
        advice: 'List some under "tasks".',
      }),
    )
  const names = prefixes(tasks)
  /** One place in a round: whose category, and which of it. */
  const turns = tasks.flatMap((task, at) =>
    task.categories.map((category, within) => ({
      task,
      category: `${names[at]!}/${category}`,
      prefix: names[at]!,
      within,
    })),
  )
  return Effect.succeed({
    name,
    description: tasks.map(({ description }) => description).join("; "),
    categories: turns.map(({ category }) => category),
    example(split, index, seed) {
      checkPlace(index, seed)
      const { task, category, prefix, within } = turns[index % turns.length]!
      const round = Math.floor(index / turns.length)
      const example = task.example(split, round * task.categories.length + within, seed)
      return {
        ...example,
        id: `${prefix}/${example.id}`,
        category,
        instance: `${prefix} ${example.instance}`,
      }
    },
  })
}
