import { numberSetting } from "@parade/model-recipes"
import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What every adaptation is told. */
export interface AdaptationSettings {
  readonly source: string
  readonly shares: readonly number[]
  readonly seed: number
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
  readonly maxTokens: number
}

const sourceSetting = (fallback: string | undefined): Schema.Codec<string, unknown> => {
  const description = "The checkpoint that is trained further: a folder, or npm:package/folder."
  return fallback === undefined
    ? Schema.NonEmptyString.annotate({ description })
    : Schema.NonEmptyString.annotate({ description, default: fallback }).pipe(
        Schema.withDecodingDefaultKey(Effect.succeed(fallback)),
      )
}

/** The fields of the settings, to be put into the schema of a recipe's config beside its own. */
export const adaptationSettings = (
  defaults: Omit<AdaptationSettings, "source"> & { readonly source?: string },
): { readonly [K in keyof AdaptationSettings]: Schema.Codec<AdaptationSettings[K], unknown> } => ({
  source: sourceSetting(defaults.source),
  shares: Schema.Array(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1e6 })))
    .annotate({
      description: "How much is trained on each of the tasks, in proportion.",
      default: defaults.shares,
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.shares))),
  seed: integerSetting(0, 0xffffffff, defaults.seed, "Same seed, same bytes."),
  length: integerSetting(8, 4096, defaults.length, "Tokens of a sequence."),
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
    "Batches of each task that losses are evaluated on.",
  ),
  answers: integerSetting(
    1,
    10_000,
    defaults.answers,
    "Questions of each task that are answered at the end.",
  ),
  maxTokens: integerSetting(1, 4096, defaults.maxTokens, "Tokens an answer may have."),
})
