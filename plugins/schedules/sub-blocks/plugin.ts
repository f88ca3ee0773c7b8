import { definePlugin, PipelineError, type Plugin } from "@parade/core"
import { type Schedule, ScheduleKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { subBlocks } from "./sub-blocks.ts"

const positions = (fallback: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The plugin `@parade/sub-blocks`. */
export const plugin: Plugin<Schedule> = definePlugin({
  kind: ScheduleKind,
  name: "@parade/sub-blocks",
  summary: "Blocks from left to right, and sub-blocks within them.",
  config: Schema.Struct({
    length: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
        description:
          "Positions in a block; it must divide a longer canvas. Default: as many as the model was trained on, 32 where it does not say.",
      }),
    ),
    subLength: positions(8, "Positions in a sub-block; it must divide a block."),
    align: Schema.Literals(["canvas", "sequence"])
      .annotate({
        description: "Where blocks begin: at the canvas, or at the start of the prompt.",
        default: "canvas",
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("canvas" as const))),
    firstAlone: Schema.Boolean.annotate({
      description:
        "Fill the first position of a block before the others open, as models expect whose masked rows predict the next position.",
      default: false,
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  }),
  make: (config, _, { path }) =>
    config.length === undefined || config.length % config.subLength === 0
      ? Effect.succeed(subBlocks(config))
      : Effect.fail(
          new PipelineError([
            {
              path: `${path}.with.subLength`,
              code: "pipeline.sub-block-does-not-divide",
              message: `Sub-blocks of ${config.subLength} do not divide blocks of ${config.length}.`,
              expected: `a divisor of ${config.length}`,
            },
          ]),
        ),
})
