import { modelSettings, type ModelSettings, numberSetting } from "@parade/model-recipes"
import { integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/model-tiny-diffusion`. */
export interface TinyDiffusionConfig extends ModelSettings {
  readonly context: number
  readonly given: number
  readonly chat: number
  readonly canvas: number
}

/** The schema of the config. */
export const TinyDiffusionConfig: Schema.Codec<TinyDiffusionConfig, unknown> = Schema.Struct({
  ...modelSettings({
    text: "../shared/data/tiny_shakespeare.txt",
    shares: [0.04, 0.25, 0.25, 0.25, 0.06, 0.1, 0.05],
    seed: 0,
    vocabulary: 1024,
    layers: 5,
    width: 144,
    inner: 384,
    heads: 4,
    keyValueHeads: 4,
    length: 128,
    batch: 8,
    steps: 12000,
    rate: 3e-3,
    warmup: 100,
    weightDecay: 0.1,
    checkpointEvery: 200,
    evaluateEvery: 1000,
    heldOutBatches: 8,
    answers: 100,
    ngramOrder: 5,
  }),
  context: integerSetting(8, 65536, 1024, "Positions the model takes; it is trained on `length`."),
  given: numberSetting(0, 1, 0.97, "How many of the examples have a prompt that is never masked."),
  chat: numberSetting(0, 1, 0.8, "How many of the examples are put as conversations."),
  canvas: integerSetting(1, 4096, 64, "Masked positions that an answer is written on in the end."),
})
