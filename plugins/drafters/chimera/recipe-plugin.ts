import { fromBase } from "@parade/drafter-recipes"
import { CacheKind, definePlugin, type Plugin, slot, slots } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import { continuedTasks, type Recipe, RecipeKind } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { chimeraRecipe } from "./recipe.ts"
import { ChimeraRecipeConfig } from "./recipe-config.ts"

/** The recipe `@parade/chimera`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/chimera",
  summary: "Trains Chimera's drafter for a model, on its own continuations.",
  config: ChimeraRecipeConfig,
  slots: {
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks, { least: 1 }),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  make: (config, { tasks, attention: own, cache }, { base }) =>
    Effect.sync(() =>
      chimeraRecipe(fromBase(config, base), {
        backbone: (device, output) => openBackbone(config.source, base, own, device, [output]),
        tasks,
        attention: own,
        cache,
      }),
    ),
})
