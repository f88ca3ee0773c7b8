import { definePlugin, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { openBlocks } from "./open-blocks.ts"

/** The plugin `@parade/open-blocks`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/open-blocks",
  summary: "Blocks from left to right; the next opens when so much of the one before is filled.",
  config: Schema.Struct({
    length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({ description: "Positions in a block; it must divide a longer canvas.", default: 32 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(32))),
    openAt: Schema.Finite.check(Schema.isGreaterThan(0), Schema.isLessThanOrEqualTo(1))
      .annotate({
        description: "The share of a block that is filled before the next one opens; 1: one after the other.",
        default: 0.5,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.5))),
  }),
  make: (config) => Effect.succeed(openBlocks(config)),
})
