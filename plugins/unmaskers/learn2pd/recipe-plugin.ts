import { definePlugin, ModelKind, type Plugin, slot, slots } from "@parade/core"
import { denoisingNeeds, denoisingSlots, UnmaskerKind } from "@parade/denoising"
import { type Recipe, RecipeKind, answeredTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { learn2pdRecipe } from "./recipe.ts"
import { Learn2pdRecipeConfig } from "./recipe-config.ts"

/** The recipe `@parade/learn2pd`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/learn2pd",
  summary: "Trains a filter on replayed decodings of a model, which stays as it is.",
  config: Learn2pdRecipeConfig,
  slots: {
    model: slot(ModelKind, "The masked-diffusion model the filter is for.", {
      use: "@parade/transformer",
      with: { fallback: "npm:@parade/model-tiny-diffusion/model" },
    }),
    tasks: slots(TaskKind, "Whose prompts the model answers.", answeredTasks, { least: 1 }),
    rule: slot(UnmaskerKind, "Gives the reference answers: one position per step.", {
      use: "@parade/fixed-count",
    }),
    unmaskers: slots(UnmaskerKind, "The rules that are compared with the filter in the end.", [
      { use: "@parade/fixed-count" },
      { use: "@parade/threshold" },
    ]),
    ...denoisingSlots,
  },
  needs: () => denoisingNeeds,
  make: (config, parts) => Effect.sync(() => learn2pdRecipe(config, parts)),
})
