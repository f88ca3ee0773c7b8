import { drafterRecipeSlots, fromBase } from "@parade/drafter-recipes"
import { definePlugin, type Plugin } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
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
  slots: drafterRecipeSlots,
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
