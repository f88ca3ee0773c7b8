import { definePlugin, type Plugin, slot } from "@parade/core"
import { type Attention, AttentionKind } from "@parade/layers"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { alternatingWindow } from "./alternating-window.ts"

/** The plugin `parade-plugin-template`. */
export const plugin: Plugin<Attention> = definePlugin({
  kind: AttentionKind,
  name: "parade-plugin-template",
  summary: "Narrows most layers to a window of positions.",
  config: Schema.Struct({
    window: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1048576 }))
      .annotate({ description: "A row sees rows less than this many positions away.", default: 128 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(128))),
    every: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1024 }))
      .annotate({ description: "Of so many layers the last sees everything.", default: 2 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(2))),
  }),
  slots: {
    attention: slot(AttentionKind, "The attention that is narrowed.", { use: "@parade/grouped-query" }),
  },
  capabilities: ["visibility: any"],
  make: (config, { attention }) => Effect.succeed(alternatingWindow({ attention, ...config })),
})
