import { CacheKind, definePlugin, ModelKind, type Plugin, slot } from "@parade/core"
import { type Drafter, DrafterKind } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { DraftModelConfig } from "./config.ts"
import { draftModel } from "./drafter.ts"

/** The plugin `@parade/draft-model`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/draft-model",
  summary: "Drafts with a smaller model of the same vocabulary.",
  config: DraftModelConfig,
  slots: {
    model: slot(ModelKind, "The model that drafts; must have the target's vocabulary."),
    cache: slot(CacheKind, "Where the rows of the draft model are kept.", { use: "@parade/contiguous" }),
  },
  capabilities: ["proposes: iid, point"],
  needs: ({ branches }) => (branches > 1 ? [{ slot: "model", name: "visibility", value: "tree" }] : []),
  make: (config, { model, cache }) => Effect.succeed(draftModel(model, cache, config)),
})
