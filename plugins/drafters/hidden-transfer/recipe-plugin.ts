import { drafterRecipeSlots, fromBase } from "@parade/drafter-recipes"
import { definePlugin, type Plugin, slots } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import * as Effect from "effect/Effect"
import { hiddenTransferRecipe } from "./recipe.ts"
import { HiddenTransferRecipeConfig } from "./recipe-config.ts"

/** The recipe `@parade/hidden-transfer`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/hidden-transfer",
  summary: "Trains Hidden Transfer's maps for a model, on its own continuations.",
  config: HiddenTransferRecipeConfig,
  slots: {
    ...drafterRecipeSlots,
    tasks: slots(
      TaskKind,
      "Whose prompts the model continues.",
      [
        { use: "@parade/text-windows", with: { source: "../shared/data/tiny_shakespeare.txt" } },
        { use: "@parade/question-answers", with: { source: "../shared/data/gsm8k_train.jsonl" } },
        { use: "@parade/list-operations" },
        { use: "@parade/arithmetic", with: { digits: 2 } },
        { use: "@parade/templated-sentences" },
      ],
      { least: 1 },
    ),
  },
  make: (config, { tasks, attention, cache }, { base }) =>
    Effect.sync(() =>
      hiddenTransferRecipe(fromBase(config, base), {
        backbone: (device, output) => openBackbone(config.source, base, attention, device, [output]),
        tasks,
        cache,
      }),
    ),
})
