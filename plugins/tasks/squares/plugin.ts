import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import { SquaresConfig } from "./config.ts"
import { squaresTask } from "./squares.ts"

/** The plugin `@parade/squares`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/squares",
  summary: "Sudoku of order four and Latin squares, to fill or to build.",
  config: SquaresConfig,
  capabilities: ["answer space"],
  make: squaresTask,
})
