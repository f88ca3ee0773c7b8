import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { QuestionAnswersConfig, questionAnswersTask } from "./question-answers.ts"
import { TextWindowsConfig, textWindowsTask } from "./text-windows.ts"

/** The plugin `@parade/text-windows`. */
export const textWindows: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/text-windows",
  summary: "What follows in a text, from any word on.",
  config: TextWindowsConfig,
  make: (config, _, { base }) => textWindowsTask(config, base),
})

/** The plugin `@parade/question-answers`. */
export const questionAnswers: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/question-answers",
  summary: "Questions and answers of a file of JSON lines, scored by the final answer.",
  config: QuestionAnswersConfig,
  make: (config, _, { base }) => questionAnswersTask(config, base),
})
