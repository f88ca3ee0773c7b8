import { definePlugin, type Plugin } from "@parade/core"
import { type Task, TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { letterCounts } from "./letter-counts.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Task> = definePlugin({
  kind: TaskKind,
  name: "parade-plugin-template",
  summary: "Counts a letter in a word.",
  config: Schema.Struct({
    length: Schema.Int.check(Schema.isBetween({ minimum: 4, maximum: 64 }))
      .annotate({ description: "Letters of a word.", default: 8 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8))),
    letters: Schema.Int.check(Schema.isBetween({ minimum: 3, maximum: 26 }))
      .annotate({ description: "How many letters words are made of.", default: 4 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4))),
  }),
  make: (config) => letterCounts(config),
})
