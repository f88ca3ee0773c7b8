import { definePlugin, type Plugin } from "@parade/core"
import { type Refresh, RefreshKind, type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { windowRefresh } from "./window-refresh.ts"
import { windowSchedule } from "./window-schedule.ts"

const count = (fallback: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The refresh `@parade/window-diffusion`. */
export const refresh: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name: "@parade/window-diffusion",
  summary: "Computes a window of masked positions, keeps a buffer around it, leaves out the far tail.",
  config: Schema.Struct({
    window: count(64, "Masked positions that are seen at all."),
    cycle: count(32, "Filled positions from one refresh to the next."),
  }),
  make: (config) => Effect.succeed(windowRefresh(config)),
})

/** The schedule `@parade/window-diffusion`. */
export const schedule: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/window-diffusion",
  summary: "The first masked positions are open, without blocks.",
  config: Schema.Struct({ active: count(16, "Masked positions that may be filled.") }),
  make: (config) => Effect.succeed(windowSchedule(config)),
})
