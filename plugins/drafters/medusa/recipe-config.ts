import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/medusa`. */
export interface MedusaRecipeConfig {
  readonly heads: number
  readonly prompts: number
  readonly heldOutPrompts: number
  readonly promptLength: number
  readonly continuation: number
  readonly seed: number
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly headDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

/** The schema of the config. */
export const MedusaRecipeConfig: Schema.Codec<MedusaRecipeConfig, unknown> = Schema.Struct({
  heads: integerSetting(1, 16, 4, "Heads; head k guesses the token k + 1 places on."),
  prompts: integerSetting(1, 1_000_000, 4000, "Prompts the model answers to train on."),
  heldOutPrompts: integerSetting(1, 100_000, 200, "Prompts that are only judged by."),
  promptLength: integerSetting(1, 8192, 64, "Tokens of a prompt, at most; longer ones lose their beginning."),
  continuation: integerSetting(2, 8192, 48, "Tokens of an answer, at most."),
  seed: integerSetting(0, 0xffffffff, 0, "Same seed, same bytes."),
  batch: integerSetting(1, 65536, 512, "Positions of a step."),
  steps: integerSetting(1, 10_000_000, 2000, "Steps, unless the command says otherwise."),
  rate: numberSetting(1e-7, 1, 2e-3, "The highest learning rate; it falls to nothing as half a cosine."),
  warmup: integerSetting(0, 1_000_000, 40, "Steps in which the rate rises, but no more than a tenth of all."),
  headDecay: numberSetting(
    0.01,
    1,
    0.8,
    "Each head's loss weighs so much less than that of the one before it.",
  ),
  checkpointEvery: integerSetting(1, 1_000_000, 250, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 250, "Steps from one evaluation to the next."),
})
