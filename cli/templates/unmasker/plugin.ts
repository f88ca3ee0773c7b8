import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { share } from "./share.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "parade-plugin-template",
  summary: "Fills the most confident share of the open positions.",
  config: Schema.Struct({
    share: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      .annotate({
        description: "The share of the open positions that is filled in a step; at least one is.",
        default: 0.25,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.25))),
  }),
  make: (config) => Effect.succeed(share(config)),
})
