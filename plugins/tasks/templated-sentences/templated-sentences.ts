import { type Generate, generatedTask, type Task, type TaskError } from "@parade/tasks"
import type { Effect } from "effect/Effect"
import type { SentenceOperation, TemplatedSentencesConfig } from "./config.ts"
import { fill, repeat } from "./gaps.ts"
import { answer, paraphrase, write } from "./phrasing.ts"

/** The sentences of a config as a task, a category per operation. */
export const templatedSentencesTask = (config: TemplatedSentencesConfig): Effect<Task, TaskError> => {
  const generators: Readonly<Record<SentenceOperation, Generate>> = {
    paraphrase,
    answer,
    write,
    fill: fill(config.gaps),
    repeat,
  }
  return generatedTask({
    name: "@parade/templated-sentences",
    description: `${config.operations.join(", ")} sentences of a small grammar, ${config.gaps} gaps to fill`,
    categories: Object.fromEntries(config.operations.map((name) => [name, generators[name]])),
  })
}
