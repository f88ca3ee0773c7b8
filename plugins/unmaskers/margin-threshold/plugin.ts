import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { marginThreshold } from "./margin-threshold.ts"

/** The plugin `@parade/margin-threshold`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/margin-threshold",
  summary: "Fills all positions whose best token leads the second by enough, at least the best.",
  config: Schema.Struct({
    threshold: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
      .annotate({ description: "Lead in probability that is enough.", default: 0.8 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.8))),
  }),
  make: (config) => Effect.succeed(marginThreshold(config)),
})
