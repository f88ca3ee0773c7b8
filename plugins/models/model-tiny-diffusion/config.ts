import { modelSettings, type ModelSettings } from "@parade/model-recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/model-tiny-diffusion`. */
export interface TinyDiffusionConfig extends ModelSettings {
  readonly context: number
  readonly given: number
  readonly chat: number
  readonly weighting: number
  readonly canvas: number
}

/** The schema of the config. */
export const TinyDiffusionConfig: Schema.Codec<TinyDiffusionConfig, unknown> = Schema.Struct({
  ...modelSettings({
    text: "../shared/data/tiny_shakespeare.txt",
    shares: [0.02, 0.26, 0.12, 0.28, 0.22, 0.1],
    seed: 0,
    vocabulary: 1024,
    layers: 4,
    width: 128,
    inner: 352,
    heads: 4,
    keyValueHeads: 4,
    length: 96,
    batch: 16,
    steps: 24000,
    rate: 2e-3,
    warmup: 200,
    weightDecay: 0.1,
    checkpointEvery: 1000,
    evaluateEvery: 2000,
    heldOutBatches: 4,
    answers: 100,
    ngramOrder: 5,
  }),
  context: integerSetting(8, 65536, 1024, "Positions the model takes; it is trained on `length`."),
  given: numberSetting(0, 1, 0.97, "How many of the examples have a prompt that is never masked."),
  chat: numberSetting(0, 1, 0.8, "How many of the examples are put as conversations."),
  weighting: numberSetting(
    0,
    1,
    0,
    "How much more a masked token counts the fewer are masked: 1 is LLaDA's bound, 0 not at all.",
  ),
  canvas: integerSetting(1, 4096, 32, "Masked positions that an answer is written on in the end."),
})
