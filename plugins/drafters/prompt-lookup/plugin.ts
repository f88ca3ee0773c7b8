import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { PromptLookupConfig } from "./config.ts"
import { promptLookup } from "./drafter.ts"

/** The plugin `@parade/prompt-lookup`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/prompt-lookup",
  summary: "Drafts what followed the last tokens earlier in the prompt or the output.",
  config: PromptLookupConfig,
  capabilities: ["proposes: point", "training-free"],
  make: (config) => Effect.succeed(promptLookup(config)),
})
