import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { sourceSetting } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { ownLayer } from "./config.ts"

/** The config of the recipe `@parade/hidden-transfer`. */
export interface HiddenTransferRecipeConfig extends OwnTextSettings {
  readonly source: string
  readonly layer: number
  readonly pseudoStates: number
  readonly batch: number
  readonly anchors: number
  readonly draftVocabulary: number
  readonly steps: number
  readonly rate: number
  readonly stepDecay: number
  readonly apart: boolean
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

/** The schema of the config. */
export const HiddenTransferRecipeConfig: Schema.Codec<HiddenTransferRecipeConfig, unknown> = Schema.Struct({
  source: sourceSetting("The checkpoint the maps are for; it stays as it is."),
  layer: integerSetting(1, 1024, ownLayer, "Layers that a state has passed when it is transferred."),
  pseudoStates: integerSetting(
    1,
    8,
    3,
    "Maps; number i makes the state i places on, which guesses the token after.",
  ),
  ...textFields({ prompts: 1000, heldOutPrompts: 160, promptLength: 48, continuation: 48 }),
  batch: integerSetting(1, 4096, 4, "Texts of a step."),
  anchors: integerSetting(1, 1024, 16, "Rows of a text whose states are transferred in a step."),
  draftVocabulary: integerSetting(
    0,
    1_000_000,
    0,
    "Tokens that guesses are compared at while training: those most frequent in the continuations; 0 for all. A head of a large vocabulary is much of a step.",
  ),
  steps: integerSetting(1, 10_000_000, 600, "Steps, unless the command says otherwise."),
  rate: numberSetting(1e-7, 1, 1e-2, "The highest learning rate; it falls to nothing as half a cosine."),
  stepDecay: numberSetting(
    0.01,
    1,
    0.8,
    "Each map's loss weighs so much less than that of the one before it.",
  ),
  apart: Schema.Boolean.annotate({
    description:
      "Train with pseudo states that do not see those before them: for comparison alone, as a drafter's do.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  checkpointEvery: integerSetting(1, 1_000_000, 200, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 200, "Steps from one evaluation to the next."),
})
