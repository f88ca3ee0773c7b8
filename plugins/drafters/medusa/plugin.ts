import { CacheKind, definePlugin, ModelKind, type Plugin, slot, slots } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { openDevice } from "@parade/onnx"
import { type Recipe, RecipeError, RecipeKind, continuedTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { MedusaConfig } from "./config.ts"
import { medusa, uses } from "./drafter.ts"
import { readHeads } from "./heads.ts"
import { medusaRecipe } from "./recipe.ts"
import { MedusaRecipeConfig } from "./recipe-config.ts"

/** The heads that come with the package, for the embedded model. */
const ownHeads = "npm:@parade/medusa/heads"

/** The drafter `@parade/medusa`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/medusa",
  summary: "Drafts a tree with trained heads on the target's last hidden state.",
  config: MedusaConfig,
  capabilities: ["proposes: point", "trained"],
  needs: () => targetNeeds(uses),
  make: (config, _, { base }) =>
    Effect.gen(function* () {
      const heads = yield* readHeads(yield* locateSource(config.source ?? ownHeads, base), config.heads)
      return yield* medusa(heads, yield* openDevice("cpu", { threads: 1 }), config.nodes)
    }),
})

/** The recipe `@parade/medusa`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/medusa",
  summary: "Trains Medusa heads for a model, on its own continuations.",
  config: MedusaRecipeConfig,
  slots: {
    model: slot(ModelKind, "The model the heads are for; it stays as it is.", { use: "@parade/transformer" }),
    tasks: slots(TaskKind, "Whose prompts the model continues.", continuedTasks),
    cache: slot(CacheKind, "Where rows are kept while it continues.", { use: "@parade/contiguous" }),
  },
  needs: () => [
    { slot: "model", name: "output", value: "hidden.final" },
    { slot: "model", name: "head", value: "training" },
  ],
  make: (config, parts, { path }) =>
    parts.tasks.length === 0
      ? Effect.fail(
          new RecipeError({
            code: "recipe.no-tasks",
            message: "There is no task to take prompts from.",
            path: `${path}.tasks`,
          }),
        )
      : Effect.sync(() => medusaRecipe(config, parts)),
})
