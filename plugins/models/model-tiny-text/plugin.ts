import { CacheKind, definePlugin, type Plugin, slot, slots } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import { type Recipe, RecipeKind, textTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { TinyTextConfig } from "./config.ts"
import { tinyText } from "./tiny-text.ts"

/** The recipe `@parade/model-tiny-text`. */
export const plugin: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/model-tiny-text",
  summary: "Trains a small language model of plays, sums and lists.",
  config: TinyTextConfig,
  slots: {
    tasks: slots(TaskKind, "What it learns to answer, beside the text.", textTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    cache: slot(CacheKind, "Where rows are kept while it answers.", { use: "@parade/contiguous" }),
  },
  make: (config, parts, { base, path }) => Effect.sync(() => tinyText(config, { ...parts, base, path })),
})
