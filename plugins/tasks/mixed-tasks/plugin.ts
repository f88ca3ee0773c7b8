import { definePlugin, type Plugin, slots } from "@parade/core"
import { mixTasks, type Task, TaskKind } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The plugin `@parade/mixed-tasks`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/mixed-tasks",
  summary: "Several tasks as one, their categories in turns.",
  config: Schema.Struct({}),
  slots: { tasks: slots(TaskKind, "The tasks, in the order of their turns.", undefined, { least: 1 }) },
  make: (_, { tasks }) => mixTasks("@parade/mixed-tasks", tasks),
})
