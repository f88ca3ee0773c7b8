import { drafterRecipeSlots, fromBase } from "@parade/drafter-recipes"
import { definePlugin, ModelKind, type Plugin, slot } from "@parade/core"
import { type Recipe, RecipeKind } from "@parade/recipes"
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
    tasks: drafterRecipeSlots.tasks,
    cache: drafterRecipeSlots.cache,
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
  slots: drafterRecipeSlots,
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
