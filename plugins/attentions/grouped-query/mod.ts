/** Grouped-query attention, of which multi-head and multi-query attention are the ends. */
import { definePlugin } from "@parade/core"
import type { Plugin } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import type { Attention } from "@parade/layers"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { groupedQueryAttention } from "./grouped-query.ts"

export { groupedQueryAttention } from "./grouped-query.ts"

/** The plugin `@parade/grouped-query`. */
export const plugin: Plugin<Attention> = definePlugin({
  kind: AttentionKind,
  name: "@parade/grouped-query",
  summary: "Query heads share key and value heads; windows where the checkpoint has them.",
  config: Schema.Struct({}),
  capabilities: ["visibility: any"],
  make: () => Effect.succeed(groupedQueryAttention),
})
