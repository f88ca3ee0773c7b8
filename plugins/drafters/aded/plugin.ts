import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind } from "@parade/drafting"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { AdedConfig } from "./config.ts"
import { aded } from "./drafter.ts"
import { readTable } from "./table-file.ts"

/** The drafter `@parade/aded`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/aded",
  summary: "Drafts a tree by a Monte-Carlo search of a table of tri-grams that adapts to the text.",
  config: AdedConfig,
  capabilities: ["proposes: point", "counted"],
  make: (config, _, { base }) =>
    config.source === undefined
      ? Effect.succeed(aded(config))
      : Effect.map(Effect.flatMap(locateSource(config.source, base), readTable), (table) =>
          aded(config, table),
        ),
})
