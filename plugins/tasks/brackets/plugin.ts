import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { bracketsTask } from "./brackets.ts"
import { BracketsConfig } from "./config.ts"

/** The plugin `@parade/brackets`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/brackets",
  summary: "Words of brackets, to complete or to tell balanced ones from others.",
  config: BracketsConfig,
  capabilities: ["answer space"],
  make: bracketsTask,
})
