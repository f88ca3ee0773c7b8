import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/learn2pd`. */
export interface Learn2pdRecipeConfig {
  readonly block: number
  readonly canvas: number
  readonly prompts: number
  readonly validationPrompts: number
  readonly testPrompts: number
  readonly answers: number
  readonly seed: number
  readonly steps: number
  readonly rate: number
  readonly weightDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

/** The schema of the config. */
export const Learn2pdRecipeConfig: Schema.Codec<Learn2pdRecipeConfig, unknown> = Schema.Struct({
  block: integerSetting(1, 4096, 32, "Positions of a block (B); those of the schedule are as long."),
  canvas: integerSetting(1, 65536, 32, "Masked positions that an answer is written on."),
  prompts: integerSetting(1, 1_000_000, 2000, "Prompts whose replayed answers are learnt from."),
  validationPrompts: integerSetting(1, 100_000, 250, "Prompts that the filter is chosen by."),
  testPrompts: integerSetting(1, 100_000, 250, "Held-out prompts that it is only judged by."),
  answers: integerSetting(1, 10_000, 100, "Held-out questions of each task that are answered in the end."),
  seed: integerSetting(0, 0xffffffff, 0, "Same seed, same bytes."),
  steps: integerSetting(
    1,
    10_000_000,
    5000,
    "Steps over all examples at once, unless the command says otherwise.",
  ),
  rate: numberSetting(1e-7, 1, 3e-3, "The learning rate."),
  weightDecay: numberSetting(0, 1, 0.01, "Weight decay of matrices."),
  checkpointEvery: integerSetting(1, 1_000_000, 1000, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(
    1,
    1_000_000,
    100,
    "Steps from one evaluation to the next; the filter of the lowest validation loss is kept.",
  ),
})
