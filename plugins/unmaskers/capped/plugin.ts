import { DecodeError, definePlugin, PipelineError, type Plugin, slot } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { capped } from "./capped.ts"

const positions = (fallback: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The plugin `@parade/capped`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/capped",
  summary: "Bounds what any rule fills in a step, in how many steps, and how early a text may end.",
  config: Schema.Struct({
    min: positions(1, "Positions filled in a step at least."),
    max: positions(32, "Positions filled in a step at most."),
    maxSteps: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
        description: "Steps on a block after which the next fills what is left of it.",
      }),
    ),
    endAfter: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      .annotate({
        description: "The share of the canvas that is filled before its text may end; 0: it may at any time.",
        default: 0,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  }),
  slots: {
    rule: slot(UnmaskerKind, "Says how many positions are sure enough.", { use: "@parade/threshold" }),
  },
  make: (config, { rule }, { path }) => {
    if (rule.proposesSeveral === true)
      return Effect.fail(
        new DecodeError({
          code: "denoise.rule-proposes-several",
          message: `What ${rule.name} only tries cannot be bounded.`,
          advice: "Choose a rule that proposes one edit, such as @parade/threshold.",
        }),
      )
    if (config.min > config.max)
      return Effect.fail(
        new PipelineError([
          {
            path: `${path}.with.min`,
            code: "pipeline.min-above-max",
            message: `A step cannot fill at least ${config.min} and at most ${config.max} positions.`,
            expected: `a number up to ${config.max}`,
          },
        ]),
      )
    return Effect.succeed(capped({ ...config, rule }))
  },
})
