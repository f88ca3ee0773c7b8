import { definePlugin, type Plugin } from "@parade/core"
import { type Refresh, RefreshKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fullRefresh } from "./full-refresh.ts"

/** The plugin `@parade/full-refresh`. */
export const plugin: Plugin<Refresh> = definePlugin({
  kind: RefreshKind,
  name: "@parade/full-refresh",
  summary: "Recomputes every row in every step.",
  config: Schema.Struct({}),
  capabilities: ["exact"],
  make: () => Effect.succeed(fullRefresh),
})
