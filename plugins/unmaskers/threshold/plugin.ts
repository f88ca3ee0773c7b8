import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { threshold } from "./threshold.ts"

/** The plugin `@parade/threshold`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/threshold",
  summary: "Fills all positions whose confidence reaches a threshold, at least the best.",
  config: Schema.Struct({
    threshold: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
      .annotate({ description: "Confidence that is enough; above 1, one position per step.", default: 0.9 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.9))),
  }),
  make: (config) => Effect.succeed(threshold(config)),
})
