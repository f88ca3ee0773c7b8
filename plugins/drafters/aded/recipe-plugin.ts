import { definePlugin, type Plugin } from "@parade/core"
import { drafterRecipeSlots, fromBase } from "@parade/drafter-recipes"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { openBackbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { adedRecipe } from "./recipe.ts"
import { AdedRecipeConfig } from "./recipe-config.ts"

/** The recipe `@parade/aded`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/aded",
  summary: "Counts the tri-grams of a model's own continuations for ADED.",
  config: AdedRecipeConfig,
  slots: drafterRecipeSlots,
  make: (config, { tasks, attention, cache }, { base }) =>
    Effect.sync(() =>
      adedRecipe(fromBase(config, base), {
        backbone: (device) => openBackbone(config.source, base, attention, device),
        tasks,
        cache,
      }),
    ),
})
