import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { sourceSetting } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/medusa-2`. */
export interface MedusaJointConfig extends OwnTextSettings {
  readonly source: string
  readonly start?: string | undefined
  readonly heads: number
  readonly rank: number
  readonly alpha: number
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly headShare: number
  readonly headDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

/** The schema of the config. */
export const MedusaJointConfig: Schema.Codec<MedusaJointConfig, unknown> = Schema.Struct({
  source: sourceSetting("The checkpoint that adapters are trained for; it stays as it is."),
  start: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with the checkpoint's heads, as the recipe medusa writes it (the first stage). By default those of the embedded model.",
    }),
  ),
  heads: integerSetting(1, 16, 4, "Heads that are trained on, at most."),
  rank: integerSetting(1, 1024, 8, "Rank of the adapters, one beside every linear layer of a block."),
  alpha: numberSetting(0.01, 1024, 16, "Adapters are scaled by alpha / rank."),
  ...textFields({ prompts: 800, heldOutPrompts: 160, promptLength: 48, continuation: 40 }),
  batch: integerSetting(1, 4096, 8, "Texts of a step."),
  steps: integerSetting(1, 10_000_000, 300, "Steps, unless the command says otherwise."),
  rate: numberSetting(1e-7, 1, 2e-3, "The heads' highest rate; the adapters' is a quarter of it."),
  warmup: integerSetting(0, 1_000_000, 40, "Steps in which the rate rises, but no more than a tenth of all."),
  headShare: numberSetting(0, 100, 0.2, "How much the heads' loss weighs beside the model's own."),
  headDecay: numberSetting(
    0.01,
    1,
    0.8,
    "Each head's loss weighs so much less than that of the one before it.",
  ),
  checkpointEvery: integerSetting(1, 1_000_000, 100, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 100, "Steps from one evaluation to the next."),
})
