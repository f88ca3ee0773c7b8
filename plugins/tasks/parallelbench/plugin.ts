import { definePlugin, type Plugin, type PipelineNode, slots } from "@parade/core"
import { mixTasks, type Task, TaskKind } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The suite: lists of three to six people, puzzles of order four, sentences. */
const suite: readonly PipelineNode[] = [
  { use: "@parade/list-operations", with: { minItems: 3, maxItems: 6 } },
  { use: "@parade/squares", with: { puzzles: ["latin-build", "sudoku"], minHoles: 4, maxHoles: 4 } },
  { use: "@parade/templated-sentences", with: { operations: ["paraphrase", "write"] } },
]

/** The plugin `@parade/parallelbench`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/parallelbench",
  summary: "The tasks of ParallelBench: what every decoding from left to right can do.",
  config: Schema.Struct({}),
  slots: { tasks: slots(TaskKind, "The tasks of the suite.", suite, { least: 1 }) },
  capabilities: ["answer space"],
  make: (_, { tasks }) => mixTasks("@parade/parallelbench", tasks),
})
