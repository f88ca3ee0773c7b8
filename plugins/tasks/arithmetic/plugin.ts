import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { arithmeticTask } from "./arithmetic.ts"
import { ArithmeticConfig } from "./config.ts"

/** The plugin `@parade/arithmetic`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/arithmetic",
  summary: "Sums, differences, products and chains of them.",
  config: ArithmeticConfig,
  capabilities: ["answer space"],
  make: arithmeticTask,
})
