import { definePlugin, type Plugin } from "@parade/core"
import { type Refresh, RefreshKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exactBlockCache } from "./exact-block-cache.ts"

/** The plugin `@parade/exact-block-cache`. */
export const plugin: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name: "@parade/exact-block-cache",
  summary: "Keeps finished blocks for good, for models that see blocks causally.",
  config: Schema.Struct({
    block: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
        description: "Positions in a block of the prompt. Default: as many as the model was trained on.",
      }),
    ),
    reuse: Schema.Boolean.annotate({
      description:
        "Within a block, compute the part being filled alone, over the other rows as they were; approximate.",
      default: false,
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  }),
  make: (config) => Effect.succeed(exactBlockCache(config)),
})
