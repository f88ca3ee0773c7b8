import { drafterRecipeSlots, fromBase } from "@parade/drafter-recipes"
import { definePlugin, type Plugin } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
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
  slots: drafterRecipeSlots,
  make: (config, { tasks, attention, cache }, { base }) =>
    Effect.sync(() =>
      ppdRecipe(fromBase(config, base), {
        backbone: (device) => openBackbone(config.source, base, attention, device),
        tasks,
        cache,
      }),
    ),
})
