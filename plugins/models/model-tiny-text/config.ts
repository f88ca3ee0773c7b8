import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/model-tiny-text`. */
export interface TinyTextConfig {
  readonly text: string
  readonly shares: readonly number[]
  readonly seed: number
  readonly vocabulary: number
  readonly layers: number
  readonly width: number
  readonly inner: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly length: number
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly weightDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
  readonly heldOutBatches: number
  readonly answers: number
  readonly ngramOrder: number
}

const number = (minimum: number, maximum: number, fallback: number, description: string) =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

const defaultText = "../shared/data/tiny_shakespeare.txt"

/** How often the text and each of the tasks stand in a batch. */
const defaultShares: readonly number[] = [0.3, 0.3, 0.2, 0.1, 0.1]

/** The schema of the config. */
export const TinyTextConfig: Schema.Codec<TinyTextConfig, unknown> = Schema.Struct({
  text: Schema.NonEmptyString.annotate({
    description: "A file of running text; its last tenth is held out.",
    default: defaultText,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultText))),
  shares: Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 })))
    .annotate({
      description: "How much is trained on the text, then on each of the tasks, in proportion.",
      default: defaultShares,
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaultShares))),
  seed: integerSetting(0, 0xffffffff, 0, "Same seed, same bytes."),
  vocabulary: integerSetting(259, 4096, 1024, "Tokens in all, of which 259 are bytes and special ones."),
  layers: integerSetting(1, 64, 5, "Layers."),
  width: integerSetting(8, 4096, 192, "Floats of a row; a multiple of the heads."),
  inner: integerSetting(8, 16384, 512, "Floats within a feed-forward."),
  heads: integerSetting(1, 64, 6, "Query heads."),
  keyValueHeads: integerSetting(1, 64, 6, "Heads of keys and values, shared by query heads."),
  length: integerSetting(8, 4096, 512, "Tokens of a sequence, and of the longest the model takes."),
  batch: integerSetting(1, 1024, 4, "Sequences of a step."),
  steps: integerSetting(1, 10_000_000, 9000, "Steps, unless the command says otherwise."),
  rate: number(1e-7, 1, 2e-3, "The highest learning rate; it falls to a tenth as half a cosine."),
  warmup: integerSetting(
    0,
    1_000_000,
    200,
    "Steps in which the rate rises, but no more than a tenth of all.",
  ),
  weightDecay: number(0, 1, 0.1, "Weight decay of matrices."),
  checkpointEvery: integerSetting(1, 1_000_000, 200, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 500, "Steps from one evaluation to the next."),
  heldOutBatches: integerSetting(1, 1000, 4, "Batches of each source that losses are evaluated on."),
  answers: integerSetting(1, 10_000, 50, "Questions of each task that are answered at the end."),
  ngramOrder: integerSetting(1, 5, 5, "Tokens of the longest sequences that the baseline counts."),
})
