import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { factor } from "./factor.ts"

/** The plugin `@parade/factor`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/factor",
  summary: "Fills as many positions as their confidences allow together.",
  config: Schema.Struct({
    factor: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1000 }))
      .annotate({ description: "The more, the more positions are filled; at 0 one per step.", default: 1 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
  }),
  make: (config) => Effect.succeed(factor(config)),
})
