/** A window over another attention. */
import { definePlugin, slot } from "@parade/core"
import type { Plugin } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import type { Attention } from "@parade/layers"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { slidingWindowAttention } from "./sliding-window.ts"

export { slidingWindowAttention, type SlidingWindowConfig } from "./sliding-window.ts"

/** The plugin `@parade/sliding-window`. */
export const plugin: Plugin<Attention> = definePlugin({
  kind: AttentionKind,
  name: "@parade/sliding-window",
  summary: "Narrows what an attention sees to a window of positions.",
  config: Schema.Struct({
    window: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1 << 28 })).annotate({
      description: "A row sees rows less than this many positions away.",
    }),
    layers: Schema.optionalKey(
      Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1023 }))).annotate({
        description: "The layers that are narrowed, counted from 0; all by default.",
      }),
    ),
  }),
  slots: {
    attention: slot(AttentionKind, "The attention that is narrowed.", { use: "@parade/grouped-query" }),
  },
  capabilities: ["visibility: any"],
  make: (config, { attention }) => Effect.succeed(slidingWindowAttention(attention, config)),
})
