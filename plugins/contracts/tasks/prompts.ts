import type { ChatMessage } from "@parade/core"
import { examples, type ExampleStream } from "./examples.ts"
import type { Example, Task } from "./task.ts"

/** An example as a prompt. */
export interface TaskPrompt {
  readonly id: string
  readonly category: string
  /** For a model that chats: a turn of the user, after one of each side per solved example. */
  readonly messages: readonly ChatMessage[]
  /** For a model that continues text: solved examples, a blank line after each, and the prompt. */
  readonly text: string
  /** Scores what comes back. */
  readonly example: Example
}

export interface TaskPromptOptions extends Omit<ExampleStream, "split"> {
  readonly count: number
  /** Default `test`. */
  readonly split?: ExampleStream["split"]
  /** Solved examples of the same category before each prompt, always of the train split. Default 0. */
  readonly shots?: number
}

/** Examples of a category from the train split, from a place in its stream on. */
const solved = (task: Task, category: string, seed: number, from: number, count: number): Example[] => {
  const found: Example[] = []
  // Categories come in turns, so a few rounds of them have enough of each.
  const stream = examples(task, { split: "train", seed, from, count: (count + 1) * task.categories.length })
  for (const example of stream) {
    if (found.length === count) break
    if (example.category === category) found.push(example)
  }
  return found
}

/**
 * Examples of a task as prompts for a decoder, from the test split where nothing else is said.
 *
 * @throws TaskError where `from` or `seed` is no non-negative safe integer.
 */
export const promptsOf = (task: Task, options: TaskPromptOptions): readonly TaskPrompt[] => {
  const { split = "test", seed = 0, from = 0, count, shots = 0 } = options
  return Array.from(examples(task, { split, seed, from, count }), (example, i) => {
    const before =
      shots === 0 ? [] : solved(task, example.category, seed, (from + i) * task.categories.length, shots)
    return {
      id: example.id,
      category: example.category,
      messages: [
        ...before.flatMap((shot): ChatMessage[] => [
          { role: "user", content: shot.prompt.trim() },
          { role: "assistant", content: shot.answer },
        ]),
        { role: "user", content: example.prompt.trim() },
      ],
      text: before.map((shot) => `${shot.prompt}${shot.answer}\n\n`).join("") + example.prompt,
      example,
    }
  })
}
