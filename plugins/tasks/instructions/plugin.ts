import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import * as Schema from "effect/Schema"
import { instructionsTask } from "./instructions.ts"

/** The plugin `@parade/instructions`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "@parade/instructions",
  summary:
    "Everyday instructions to a model that chats, scored by whether the answer names what was asked for.",
  config: Schema.Struct({}),
  make: () => instructionsTask,
})
