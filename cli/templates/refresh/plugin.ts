import { definePlugin, type Plugin } from "@parade/core"
import { type Refresh, RefreshKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { keptPrompt } from "./kept-prompt.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name: "parade-plugin-template",
  summary: "Keeps the rows of the prompt while the canvas is filled.",
  config: Schema.Struct({
    interval: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 4096 }))
      .annotate({ description: "The prompt is computed again after so many filled positions.", default: 16 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(16))),
  }),
  make: (config) => Effect.succeed(keptPrompt(config)),
})
