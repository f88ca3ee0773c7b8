import { fromBase } from "@parade/drafter-recipes"
import { CacheKind, definePlugin, type Plugin, slot, slots } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import { type Recipe, RecipeKind, continuedTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { ppdRecipe } from "./recipe.ts"
import { PpdRecipeConfig } from "./recipe-config.ts"

/** The recipe `@parade/ppd`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/ppd",
  summary: "Trains PPD's prompt tokens for a model, on its own continuations.",
  config: PpdRecipeConfig,
  slots: {
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks, { least: 1 }),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  make: (config, { tasks, attention, cache }, { base }) =>
    Effect.sync(() =>
      ppdRecipe(fromBase(config, base), {
        backbone: (device) => openBackbone(config.source, base, attention, device),
        tasks,
        cache,
      }),
    ),
})
