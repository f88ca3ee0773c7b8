import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { PpdConfig } from "./config.ts"
import { ppd, uses } from "./drafter.ts"
import { readPrompts } from "./prompt-embeddings.ts"

/** The prompt tokens that come with the package, for the embedded model. */
const ownPrompts = "npm:@parade/ppd/prompts"

/** The drafter `@parade/ppd`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/ppd",
  summary: "Drafts a tree with trained prompt tokens that ride in the target's own forward.",
  config: PpdConfig,
  capabilities: ["proposes: point", "trained"],
  needs: () => targetNeeds(uses),
  make: ({ source, promptTokens, rows }, _, { base }) =>
    Effect.map(
      Effect.flatMap(locateSource(source ?? ownPrompts, base), (folder) => readPrompts(folder, promptTokens)),
      (prompts) => ppd(prompts, rows),
    ),
})
