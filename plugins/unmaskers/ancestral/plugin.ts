import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ancestral } from "./ancestral.ts"

/** The plugin `@parade/ancestral`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/ancestral",
  summary: "Fills every position by chance, at the pace of the diffusion.",
  config: Schema.Struct({
    steps: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1000000 }))
      .annotate({ description: "Times at which positions may be filled.", default: 512 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(512))),
  }),
  make: (config) => Effect.succeed(ancestral(config)),
})
