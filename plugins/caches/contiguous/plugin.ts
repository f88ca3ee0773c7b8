import { type CacheFactory, CacheKind, definePlugin, type Plugin } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { contiguous } from "./contiguous-cache.ts"

/** The plugin `@parade/contiguous`. */
export const plugin: Plugin<CacheFactory> = definePlugin({
  kind: CacheKind,
  name: "@parade/contiguous",
  summary: "Keeps the rows of a sequence side by side in one buffer.",
  config: Schema.Struct({
    maxRows: Schema.optionalKey(
      Schema.Int.check(Schema.isGreaterThan(0)).annotate({
        description: "Rows at most in one cache, to bound its memory. Unlimited when left out.",
      }),
    ),
  }),
  make: (config) => Effect.succeed(contiguous(config)),
})
