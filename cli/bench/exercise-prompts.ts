import { bareName } from "@parade/core"
import { promptsOf, type Task } from "@parade/tasks"
import type { BenchPrompt } from "./prompts.ts"

/** Held-out exercises of a task, their categories in turns, whose answers are judged. */
export const exercisePrompts = (task: Task, count: number): readonly BenchPrompt[] =>
  promptsOf(task, { count }).map(({ id, category, messages, example }) => ({
    id,
    category: bareName(category),
    messages,
    isRight: (text) => example.score(text).correct,
  }))
