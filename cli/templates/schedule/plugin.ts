import { definePlugin, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { leading } from "./leading.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "parade-plugin-template",
  summary: "Opens the first masked positions.",
  config: Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 }))
      .annotate({ description: "Masked positions that are open at once.", default: 8 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(8))),
  }),
  make: (config) => Effect.succeed(leading(config)),
})
