import {
  CacheKind,
  definePlugin,
  ModelKind,
  type Plugin,
  readoutNames,
  SamplerKind,
  slot,
  slots,
} from "@parade/core"
import { RefreshKind, ScheduleKind, UnmaskerKind } from "@parade/denoising"
import { type Recipe, RecipeKind, listTasks } from "@parade/recipes"
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
    tasks: slots(TaskKind, "Whose prompts the model answers.", listTasks, { least: 1 }),
    rule: slot(UnmaskerKind, "Gives the reference answers: one position per step.", {
      use: "@parade/fixed-count",
    }),
    unmaskers: slots(UnmaskerKind, "The rules that are compared with the filter in the end.", [
      { use: "@parade/fixed-count" },
      { use: "@parade/threshold" },
    ]),
    schedule: slot(ScheduleKind, "Which positions are open.", { use: "@parade/blocks" }),
    refresh: slot(RefreshKind, "Which rows are recomputed.", { use: "@parade/full-refresh" }),
    sampler: slot(SamplerKind, "What tokens are drawn from.", { use: "@parade/standard-sampler" }),
    cache: slot(CacheKind, "Where rows are kept.", { use: "@parade/contiguous" }),
  },
  needs: () => [
    { slot: "model", name: "visibility", value: "ranked" },
    { slot: "model", name: "output", value: readoutNames.readout, optional: true },
  ],
  make: (config, parts) => Effect.sync(() => learn2pdRecipe(config, parts)),
})
