import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { TemplatedSentencesConfig } from "./config.ts"
import { templatedSentencesTask } from "./templated-sentences.ts"

/** The plugin `@parade/templated-sentences`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/templated-sentences",
  summary: "Sentences of a small grammar, to write, fill, turn round and answer from.",
  config: TemplatedSentencesConfig,
  capabilities: ["answer space"],
  make: templatedSentencesTask,
})
