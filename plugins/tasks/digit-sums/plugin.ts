import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { DigitSumsConfig, digitSumsTask } from "./digit-sums.ts"

/** The plugin `@parade/digit-sums`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/digit-sums",
  summary: "The last digit of a sum of digits, with derivations in any order.",
  config: DigitSumsConfig,
  capabilities: ["derivations"],
  make: digitSumsTask,
})
