import { definePlugin, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { traces } from "./traces.ts"

/** The plugin `@parade/traces`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/traces",
  summary: "Traces side by side, then the answer: the named spans of a target.",
  config: Schema.Struct({
    answer: Schema.Literals(["after", "beside"])
      .annotate({
        description: "When the answer opens: when all traces are filled, or with them.",
        default: "after",
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("after" as const))),
  }),
  make: (config) => Effect.succeed(traces(config)),
})
