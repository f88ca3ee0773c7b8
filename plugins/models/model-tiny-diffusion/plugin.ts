import { definePlugin, type Plugin, slot, slots } from "@parade/core"
import { answeringSlots, ScheduleKind, UnmaskerKind } from "@parade/denoising"
import { AttentionKind } from "@parade/layers"
import { type Recipe, RecipeKind, canvasTasks } from "@parade/recipes"
import { TaskKind } from "@parade/tasks"
import * as Effect from "effect/Effect"
import { TinyDiffusionConfig } from "./config.ts"
import { tinyDiffusion } from "./tiny-diffusion.ts"

/** The recipe `@parade/model-tiny-diffusion`. */
export const plugin: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name: "@parade/model-tiny-diffusion",
  summary: "Trains a small masked-diffusion model of lists, sums, squares and sentences.",
  config: TinyDiffusionConfig,
  slots: {
    tasks: slots(TaskKind, "What it learns to answer, beside the text.", canvasTasks),
    attention: slot(AttentionKind, "The attention of every layer.", { use: "@parade/grouped-query" }),
    unmaskers: slots(UnmaskerKind, "The rules it answers by in the end, side by side.", [
      { use: "@parade/fixed-count" },
      { use: "@parade/threshold" },
    ]),
    schedule: slot(ScheduleKind, "Which positions are open while it answers.", { use: "@parade/blocks" }),
    ...answeringSlots,
  },
  make: (config, parts, { base, path }) => Effect.sync(() => tinyDiffusion(config, { ...parts, base, path })),
})
