import { createHash } from "node:crypto"
import type { Task } from "@parade/tasks"
import type { TextAndTasks } from "./text-and-tasks.ts"

/** Names a training by all that decides its result: settings, data, tasks and the number of steps. */
export const fingerprintOf = (
  recipe: string,
  decisive: Readonly<Record<string, unknown>>,
  { tokenizer, text, tasks }: TextAndTasks,
  steps: number,
): string => {
  const described = ({ task: { name, description, size } }: { readonly task: Task }) => [
    name,
    description,
    size,
  ]
  const hash = createHash("sha256")
    .update(JSON.stringify(decisive))
    .update(JSON.stringify(tasks.map(described)))
    .update(tokenizer.fingerprint)
    .update(text.train)
  return `${recipe}, ${steps} steps, ${hash.digest("hex").slice(0, 16)}`
}
