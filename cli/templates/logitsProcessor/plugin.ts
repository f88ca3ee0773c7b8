import { definePlugin, type LogitsProcessor, LogitsProcessorKind, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { epsilonCut } from "./epsilon-cut.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<LogitsProcessor> = definePlugin({
  kind: LogitsProcessorKind,
  name: "parade-plugin-template",
  summary: "Cuts tokens of small probability.",
  config: Schema.Struct({
    epsilon: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
      .annotate({
        description: "The least probability a token may have; the likeliest always stays.",
        default: 0.0003,
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.0003))),
  }),
  make: (config) => Effect.succeed(epsilonCut(config)),
})
