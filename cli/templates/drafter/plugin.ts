import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind } from "@parade/drafting"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { cycle } from "./cycle.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "parade-plugin-template",
  summary: "Drafts that the last tokens come again.",
  config: Schema.Struct({
    period: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))
      .annotate({ description: "Tokens at the end of the text that are drafted again.", default: 4 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4))),
  }),
  capabilities: ["proposes: point", "training-free"],
  make: (config) => Effect.succeed(cycle(config)),
})
