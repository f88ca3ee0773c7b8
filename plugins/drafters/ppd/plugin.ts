import { fromBase } from "@parade/drafter-recipes"
import { CacheKind, definePlugin, type Plugin, slot, slots } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { AttentionKind } from "@parade/layers"
import { type Recipe, RecipeError, RecipeKind, continuedTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { PpdConfig } from "./config.ts"
import { ppd, uses } from "./drafter.ts"
import { readPrompts } from "./prompt-embeddings.ts"
import { ppdRecipe } from "./recipe.ts"
import { PpdRecipeConfig } from "./recipe-config.ts"

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

/** The recipe `@parade/ppd`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/ppd",
  summary: "Trains PPD's prompt tokens for a model, on its own continuations.",
  config: PpdRecipeConfig,
  slots: {
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  make: (config, { tasks, attention, cache }, { base, path }) =>
    tasks.length === 0
      ? Effect.fail(
          new RecipeError({
            code: "recipe.no-tasks",
            message: "There is no task to take prompts from.",
            path: `${path}.tasks`,
          }),
        )
      : Effect.sync(() =>
          ppdRecipe(fromBase(config, base), {
            backbone: (device) => openBackbone(config.source, base, attention, device),
            tasks,
            cache,
          }),
        ),
})
