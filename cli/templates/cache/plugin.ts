import { type CacheFactory, CacheKind, definePlugin, type Plugin, slot } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { bounded } from "./bounded.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<CacheFactory> = definePlugin({
  kind: CacheKind,
  name: "parade-plugin-template",
  summary: "Bounds the rows that a sequence may have.",
  config: Schema.Struct({
    rows: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16777216 }))
      .annotate({ description: "Rows of a sequence, at most.", default: 4096 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4096))),
  }),
  slots: {
    cache: slot(CacheKind, "Where the rows are kept.", { use: "@parade/contiguous" }),
  },
  make: ({ rows }, { cache }) => Effect.succeed(bounded({ cache, rows })),
})
