import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { ListOperationsConfig } from "./config.ts"
import { listOperationsTask } from "./list-operations.ts"

/** The plugin `@parade/list-operations`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/list-operations",
  summary: "Copy, reverse, sort, shuffle, replace, insert and remove in lists.",
  config: ListOperationsConfig,
  capabilities: ["answer space"],
  make: listOperationsTask,
})
