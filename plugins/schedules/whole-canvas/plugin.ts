import { definePlugin, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { wholeCanvas } from "./whole-canvas.ts"

/** The plugin `@parade/whole-canvas`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/whole-canvas",
  summary: "All masked positions of a canvas are open at once.",
  config: Schema.Struct({}),
  make: () => Effect.succeed(wholeCanvas),
})
