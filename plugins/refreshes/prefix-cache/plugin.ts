import { definePlugin, type Plugin } from "@parade/core"
import { type Refresh, RefreshKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { prefixCache } from "./prefix-cache.ts"

/** The plugin `@parade/prefix-cache`. */
export const plugin: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name: "@parade/prefix-cache",
  summary: "Keeps the rows before a block while it is filled.",
  config: Schema.Struct({
    interval: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })).annotate({
        description:
          "Recompute everything also after so many filled positions; by default only where a block begins.",
      }),
    ),
  }),
  make: (config) => Effect.succeed(prefixCache(config)),
})
