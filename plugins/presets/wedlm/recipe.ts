import { autoregressive } from "@parade/autoregressive"
import { definePlugin, type Plugin } from "@parade/core"
import { maskedDiffusion } from "@parade/masked-diffusion"
import {
  type Adaptation,
  adaptationRecipe,
  adaptationSettings,
  adaptationSlots,
} from "@parade/model-adaptation"
import { numberedNames } from "@parade/model-recipes"
import { type Recipe, RecipeKind } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { causalOrder } from "./causal-order.ts"
import { reorderedStreams } from "./reordered-streams.ts"
import { slidingWindow } from "./sliding-window.ts"

const name = "@parade/wedlm"

/** The recipe `@parade/wedlm`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains an autoregressive checkpoint further to fill in masks under causal attention.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-text/model",
      shares: [0.6, 0.2, 0.2],
      seed: 0,
      length: 96,
      batch: 16,
      steps: 1500,
      rate: 6e-4,
      warmup: 50,
      weightDecay: 0.1,
      checkpointEvery: 100,
      evaluateEvery: 250,
      heldOutBatches: 4,
      answers: 100,
      maxTokens: 64,
    }),
    block: integerSetting(1, 1024, 16, "Tokens of a noisy block."),
    ends: integerSetting(0, 64, 6, "End tokens behind each answer, beside the first."),
    plainShare: numberSetting(
      0,
      100,
      1,
      "How much predicting the next token counts beside filling in (alpha).",
    ),
    window: integerSetting(1, 1024, 8, "Positions in the window, for the answers in the end."),
  }),
  slots: adaptationSlots([{ use: name, with: { threshold: 0, penalty: 0.1 } }, { use: name }]),
  make: (
    { block, ends, plainShare, window, ...settings },
    { unmaskers, sampler, cache, ...parts },
    { base, path },
  ) =>
    Effect.sync(() => {
      const names = numberedNames(unmaskers.map((unmasker) => unmasker.name))
      const adaptation: Adaptation = {
        recipe: name,
        makes: "a model of masks under causal attention",
        config: { architectures: ["WeDLMForCausalLM"], model_type: "wedlm", qk_norm: false },
        align: 1,
        ends,
        views: 1,
        noisy: (laid, mask, draw) => [reorderedStreams(laid, { block, mask, draw })],
        terms: [1, plainShare],
        decisive: { block, ends, plainShare },
        plain: (model) => autoregressive({ model, sampler, cache }),
        decoders: (model) => [
          { name: "plain", decoder: autoregressive({ model, sampler, cache }) },
          ...unmaskers.map((unmasker, i) => ({
            name: names[i]!,
            decoder: maskedDiffusion({
              model,
              sampler,
              cache,
              unmasker,
              schedule: slidingWindow({ window }),
              refresh: causalOrder,
            }),
          })),
        ],
      }
      return adaptationRecipe(adaptation, settings, { ...parts, base, path })
    }),
})
