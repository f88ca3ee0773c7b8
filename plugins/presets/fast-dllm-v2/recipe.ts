import { autoregressive } from "@parade/autoregressive"
import { definePlugin, type Plugin } from "@parade/core"
import { exactBlockCache } from "@parade/exact-block-cache"
import { maskedDiffusion } from "@parade/masked-diffusion"
import {
  type Adaptation,
  adaptationRecipe,
  adaptationSettings,
  adaptationSlots,
} from "@parade/model-adaptation"
import { numberedNames } from "@parade/model-recipes"
import { type Recipe, RecipeError, RecipeKind } from "@parade/recipes"
import { subBlocks } from "@parade/sub-blocks"
import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { complementaryViews } from "./complementary-views.ts"

const name = "@parade/fast-dllm-v2"

/** The recipe `@parade/fast-dllm-v2`. */
export const recipe: Plugin<Recipe> = definePlugin({
  kind: RecipeKind,
  name,
  summary: "Trains an autoregressive checkpoint further to fill in blocks.",
  config: Schema.Struct({
    ...adaptationSettings({
      source: "npm:@parade/model-tiny-text/model",
      shares: [0.6, 0.2, 0.2],
      seed: 0,
      length: 96,
      batch: 8,
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
    block: integerSetting(1, 1024, 8, "Tokens of a block; divides the length of a sequence."),
    subBlock: integerSetting(
      1,
      1024,
      4,
      "Tokens of a sub-block, for the answers in the end; divides a block.",
    ),
  }),
  slots: adaptationSlots([
    { use: "@parade/fixed-count" },
    { use: "@parade/threshold", with: { threshold: 0.9 } },
  ]),
  make: ({ block, subBlock, ...settings }, { unmaskers, sampler, cache, ...parts }, { base, path }) =>
    Effect.suspend(() => {
      const problem = (what: number, of: number, key: string) =>
        new RecipeError({
          code: "recipe.does-not-divide",
          message: `${what} does not divide ${of}.`,
          advice: `Choose a divisor of ${of}.`,
          path: `${path}.with.${key}`,
        })
      if (settings.length % block !== 0) return Effect.fail(problem(block, settings.length, "block"))
      if (block % subBlock !== 0) return Effect.fail(problem(subBlock, block, "subBlock"))
      const names = numberedNames(unmaskers.map((unmasker) => unmasker.name))
      const adaptation: Adaptation = {
        recipe: name,
        makes: "a block-diffusion model",
        config: {
          architectures: ["Fast_dLLM_QwenForCausalLM"],
          model_type: "Fast_dLLM_Qwen",
          bd_size: block,
        },
        align: block,
        ends: 0,
        views: 2,
        noisy: (laid, mask, draw) => complementaryViews(laid, { block, mask, draw }),
        terms: [1],
        decisive: { block },
        plain: (model) => autoregressive({ model, sampler, cache }),
        decoders: (model) =>
          unmaskers.map((unmasker, i) => ({
            name: names[i]!,
            decoder: maskedDiffusion({
              model,
              sampler,
              cache,
              unmasker,
              schedule: subBlocks({
                length: block,
                subLength: subBlock,
                align: "sequence",
                firstAlone: true,
              }),
              refresh: exactBlockCache({ block }),
            }),
          })),
      }
      return Effect.sync(() => adaptationRecipe(adaptation, settings, { ...parts, base, path }))
    }),
})
