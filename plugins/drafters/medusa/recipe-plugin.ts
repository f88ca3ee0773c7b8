import { fromBase } from "@parade/drafter-recipes"
import { CacheKind, definePlugin, ModelKind, type Plugin, slot, slots } from "@parade/core"
import { AttentionKind } from "@parade/layers"
import { continuedTasks, type Recipe, RecipeKind } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { readHeads } from "./heads.ts"
import { MedusaJointConfig } from "./joint-config.ts"
import { medusaJointRecipe } from "./joint-recipe.ts"
import { medusaRecipe } from "./recipe.ts"
import { MedusaRecipeConfig } from "./recipe-config.ts"
import { ownHeads } from "./plugin.ts"

/** The recipe `@parade/medusa`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/medusa",
  summary: "Trains Medusa heads for a model, on its own continuations.",
  config: MedusaRecipeConfig,
  slots: {
    model: slot(ModelKind, "The model the heads are for; it stays as it is.", { use: "@parade/transformer" }),
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks, { least: 1 }),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  needs: () => [
    { slot: "model", name: "output", value: "hidden.final" },
    { slot: "model", name: "head", value: "training" },
  ],
  make: (config, parts, { base }) => Effect.sync(() => medusaRecipe(fromBase(config, base), parts)),
})

/** The recipe `@parade/medusa-2`. */
export const jointRecipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/medusa-2",
  summary: "Trains adapters for a model together with its Medusa heads.",
  config: MedusaJointConfig,
  slots: {
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks, { least: 1 }),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  make: (config, { tasks, attention, cache }, { base }) =>
    Effect.map(locateSource(config.source, base), (located) =>
      medusaJointRecipe(fromBase(config, base), {
        open: (source, device) => openBackbone(source, base, attention, device, ["hidden.final"]),
        // Adapters that may be moved name their checkpoint by its package or its place on a hub.
        base: /^(npm|hf):/.test(config.source) ? config.source : located,
        heads: Effect.flatMap(locateSource(config.start ?? ownHeads, base), (folder) =>
          readHeads(folder, config.heads),
        ),
        tasks,
        cache,
      }),
    ),
})
