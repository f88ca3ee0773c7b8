import { fromBase } from "@parade/drafter-recipes"
import { CacheKind, definePlugin, type Plugin, slot, slots } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { AttentionKind } from "@parade/layers"
import { openDevice } from "@parade/onnx"
import { type Recipe, RecipeError, RecipeKind } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import { openBackbone } from "@parade/transformer"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { HiddenTransferConfig } from "./config.ts"
import { hiddenTransfer, usesAt } from "./drafter.ts"
import { readMaps } from "./maps.ts"
import { hiddenTransferRecipe } from "./recipe.ts"
import { HiddenTransferRecipeConfig } from "./recipe-config.ts"

/** The maps that come with the package, for the embedded model. */
const ownMaps = "npm:@parade/hidden-transfer/maps"

/** The drafter `@parade/hidden-transfer`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/hidden-transfer",
  summary: "Drafts with trained pseudo states that enter the target in the middle.",
  config: HiddenTransferConfig,
  capabilities: ["proposes: point", "trained"],
  needs: ({ layer }) => targetNeeds(usesAt(layer)),
  make: ({ source, layer, pseudoStates, rows }, _, { base }) =>
    Effect.gen(function* () {
      const maps = yield* readMaps(yield* locateSource(source ?? ownMaps, base), layer, pseudoStates)
      return yield* hiddenTransfer(maps, yield* openDevice("cpu", { threads: 1 }), rows)
    }),
})

/** The recipe `@parade/hidden-transfer`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/hidden-transfer",
  summary: "Trains Hidden Transfer's maps for a model, on its own continuations.",
  config: HiddenTransferRecipeConfig,
  slots: {
    tasks: slots(TaskKind, "Whose prompts the model continues.", [
      { use: "@parade/text-windows", with: { source: "../shared/data/tiny_shakespeare.txt" } },
      { use: "@parade/question-answers", with: { source: "../shared/data/gsm8k_train.jsonl" } },
      { use: "@parade/list-operations" },
      { use: "@parade/arithmetic", with: { digits: 2 } },
      { use: "@parade/templated-sentences" },
    ]),
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
          hiddenTransferRecipe(fromBase(config, base), {
            backbone: (device, output) => openBackbone(config.source, base, attention, device, [output]),
            tasks,
            cache,
          }),
        ),
})
