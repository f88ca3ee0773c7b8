import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { sourceSetting } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/ppd`. */
export interface PpdRecipeConfig extends OwnTextSettings {
  readonly source: string
  readonly promptTokens: number
  readonly batch: number
  readonly anchors: number
  readonly draftVocabulary: number
  readonly steps: number
  readonly rate: number
  readonly promptDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

/** The schema of the config. */
export const PpdRecipeConfig: Schema.Codec<PpdRecipeConfig, unknown> = Schema.Struct({
  source: sourceSetting("The checkpoint the prompt tokens are for; it stays as it is."),
  promptTokens: integerSetting(1, 4, 3, "Prompt tokens; number j guesses the token j + 1 places on."),
  ...textFields({ prompts: 600, heldOutPrompts: 160, promptLength: 48, continuation: 48 }),
  batch: integerSetting(1, 4096, 8, "Texts of a step."),
  anchors: integerSetting(1, 1024, 24, "Places of a text that prompt tokens are put behind in a step."),
  draftVocabulary: integerSetting(
    0,
    1_000_000,
    0,
    "Tokens that guesses are compared at while training: those most frequent in the continuations; 0 for all. A head of a large vocabulary is much of a step.",
  ),
  steps: integerSetting(1, 10_000_000, 600, "Steps, unless the command says otherwise."),
  rate: numberSetting(1e-7, 1, 0.04, "The highest learning rate; it falls to nothing as half a cosine."),
  promptDecay: numberSetting(
    0.01,
    1,
    0.8,
    "Each prompt token's loss weighs so much less than that of the one before it.",
  ),
  checkpointEvery: integerSetting(1, 1_000_000, 250, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 250, "Steps from one evaluation to the next."),
})
