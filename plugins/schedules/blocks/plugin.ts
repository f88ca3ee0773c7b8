import { definePlugin, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { blocks } from "./blocks.ts"

/** The plugin `@parade/blocks`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/blocks",
  summary: "Blocks of a canvas from left to right: semi-autoregressive decoding.",
  config: Schema.Struct({
    length: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({ description: "Positions in a block; it must divide a longer canvas.", default: 32 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(32))),
    lookAhead: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65536 }))
      .annotate({ description: "Further blocks open beside the one being filled.", default: 0 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
    align: Schema.Literals(["canvas", "sequence"])
      .annotate({
        description:
          "Where blocks begin: at the canvas, or at the start of the prompt, as models trained on blocks expect.",
        default: "canvas",
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("canvas" as const))),
  }),
  make: (config) => Effect.succeed(blocks(config)),
})
