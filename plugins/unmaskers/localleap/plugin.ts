import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { localleap } from "./localleap.ts"

/** The plugin `@parade/localleap`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/localleap",
  summary: "A lower threshold near very confident positions.",
  config: Schema.Struct({
    threshold: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
      .annotate({ description: "Confidence that is enough anywhere, and makes an anchor.", default: 0.9 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.9))),
    relaxed: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 }))
      .annotate({
        description: "Confidence that is enough near an anchor; above threshold, that one is.",
        default: 0.75,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.75))),
    radius: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65536 }))
      .annotate({ description: "Positions on both sides of an anchor that count as near.", default: 4 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4))),
  }),
  make: (config) => Effect.succeed(localleap(config)),
})
