import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { amongBest } from "./among-best.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "parade-plugin-template",
  summary: "Accepts drafted tokens that are among the likeliest.",
  config: Schema.Struct({
    count: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))
      .annotate({ description: "How many of the likeliest tokens stand if they were drafted.", default: 2 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(2))),
  }),
  capabilities: ["lossy"],
  make: (config) => Effect.succeed(amongBest(config)),
})
