import { modelSettings, type ModelSettings } from "@parade/model-recipes"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/model-tiny-text`. */
export type TinyTextConfig = ModelSettings

/** The schema of the config. */
export const TinyTextConfig: Schema.Codec<TinyTextConfig, unknown> = Schema.Struct(
  modelSettings({
    text: "../shared/data/tiny_shakespeare.txt",
    shares: [0.27, 0.18, 0.25, 0.15, 0.15],
    seed: 0,
    vocabulary: 1024,
    layers: 5,
    width: 192,
    inner: 512,
    heads: 6,
    keyValueHeads: 6,
    length: 512,
    batch: 4,
    steps: 9000,
    rate: 2e-3,
    warmup: 200,
    weightDecay: 0.1,
    checkpointEvery: 200,
    evaluateEvery: 500,
    heldOutBatches: 4,
    answers: 50,
    ngramOrder: 5,
  }),
)
