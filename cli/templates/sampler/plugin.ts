import { definePlugin, type Plugin, type Sampler, SamplerKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { cooling } from "./cooling.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Sampler> = definePlugin({
  kind: SamplerKind,
  name: "parade-plugin-template",
  summary: "Draws at a temperature that falls as the text grows.",
  config: Schema.Struct({
    temperature: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
      .annotate({
        description: "The temperature of the first token; 0 takes the likeliest always.",
        default: 1,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    halfLife: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100000 }))
      .annotate({ description: "Tokens after which the temperature is half of that.", default: 64 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(64))),
  }),
  make: (config) => Effect.succeed(cooling(config)),
})
