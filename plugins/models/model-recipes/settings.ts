import { RecipeError } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What every recipe that trains a model is told. */
export interface TrainingSettings {
  readonly shares: readonly number[]
  readonly seed: number
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly weightDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
  readonly heldOutBatches: number
  readonly answers: number
}

/** What every recipe of a small language model is told. */
export interface ModelSettings extends TrainingSettings {
  readonly text: string
  readonly vocabulary: number
  readonly layers: number
  readonly width: number
  readonly inner: number
  readonly heads: number
  readonly keyValueHeads: number
  readonly length: number
  readonly ngramOrder: number
}

/** The schemas of some settings, by their names. */
export type SettingFields<S> = { readonly [K in keyof S]: Schema.Codec<S[K], unknown> }

/**
 * The fields of how a recipe trains and judges, to be put into the schema of its config beside its own.
 *
 * @param sources - what there is a share of, in their order
 */
export const trainingSettings = (
  defaults: TrainingSettings,
  sources: string,
): SettingFields<TrainingSettings> => ({
  shares: Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 })))
    .annotate({
      description: `How much is trained on ${sources}, in proportion.`,
      default: defaults.shares,
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.shares))),
  seed: integerSetting(0, 0xffffffff, defaults.seed, "Same seed, same bytes."),
  batch: integerSetting(1, 1024, defaults.batch, "Sequences of a step."),
  steps: integerSetting(1, 10_000_000, defaults.steps, "Steps, unless the command says otherwise."),
  rate: numberSetting(
    1e-7,
    1,
    defaults.rate,
    "The highest learning rate; it falls to a tenth as half a cosine.",
  ),
  warmup: integerSetting(
    0,
    1_000_000,
    defaults.warmup,
    "Steps in which the rate rises, but no more than a tenth of all.",
  ),
  weightDecay: numberSetting(0, 1, defaults.weightDecay, "Weight decay of matrices."),
  checkpointEvery: integerSetting(
    1,
    1_000_000,
    defaults.checkpointEvery,
    "Steps from one checkpoint to the next.",
  ),
  evaluateEvery: integerSetting(
    1,
    1_000_000,
    defaults.evaluateEvery,
    "Steps from one evaluation to the next.",
  ),
  heldOutBatches: integerSetting(
    1,
    1000,
    defaults.heldOutBatches,
    "Batches of each source that losses are evaluated on.",
  ),
  answers: integerSetting(
    1,
    10_000,
    defaults.answers,
    "Questions of each task that are answered at the end.",
  ),
})

/** The fields of a recipe of a small language model, to be put into the schema of its config beside its own. */
export const modelSettings = (defaults: ModelSettings): SettingFields<ModelSettings> => ({
  text: Schema.NonEmptyString.annotate({
    description: "A file of running text; its last tenth is held out.",
    default: defaults.text,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.text))),
  ...trainingSettings(defaults, "the text, then on each of the tasks"),
  vocabulary: integerSetting(
    259,
    4096,
    defaults.vocabulary,
    "Tokens in all, of which 259 are bytes and special ones.",
  ),
  layers: integerSetting(1, 64, defaults.layers, "Layers."),
  width: integerSetting(8, 4096, defaults.width, "Floats of a row; a multiple of the heads."),
  inner: integerSetting(8, 16384, defaults.inner, "Floats within a feed-forward."),
  heads: integerSetting(1, 64, defaults.heads, "Query heads."),
  keyValueHeads: integerSetting(
    1,
    64,
    defaults.keyValueHeads,
    "Heads of keys and values, shared by query heads.",
  ),
  length: integerSetting(
    8,
    4096,
    defaults.length,
    "Tokens of a sequence, and of the longest the model takes.",
  ),
  ngramOrder: integerSetting(
    1,
    5,
    defaults.ngramOrder,
    "Tokens of the longest sequences that the baseline counts.",
  ),
})

const refuse = (path: string, code: string, message: string, advice: string): RecipeError =>
  new RecipeError({ code, message, advice, path })

/**
 * What a schema cannot say of settings.
 *
 * @throws RecipeError `recipe.bad-shares` where there is not one for the text and for each task, `recipe.bad-ngram` where
 *   the baseline cannot count sequences of its order.
 */
export const checkSettings = (
  { shares, ngramOrder, vocabulary }: Pick<ModelSettings, "shares" | "ngramOrder" | "vocabulary">,
  tasks: number,
  path: string,
): void => {
  if (shares.length !== tasks + 1)
    throw refuse(
      `${path}.with.shares`,
      "recipe.bad-shares",
      `There are ${shares.length} shares for one text and ${tasks} tasks.`,
      "Give one for each.",
    )
  if (vocabulary ** ngramOrder > Number.MAX_SAFE_INTEGER)
    throw refuse(
      `${path}.with.ngramOrder`,
      "recipe.bad-ngram",
      `Sequences of ${ngramOrder} out of ${vocabulary} tokens cannot be counted.`,
      "Choose a smaller order.",
    )
}
