import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { choiceSetting, integerSetting, numberSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Labels } from "./head-loss.ts"

/** The config of the recipe `@parade/medusa`. */
export interface MedusaRecipeConfig extends OwnTextSettings {
  readonly heads: number
  readonly draftVocabulary: number
  readonly labels: Labels
  readonly outputMatrix: boolean
  readonly newestToken: boolean
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly headDecay: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

const flag = (description: string) =>
  Schema.Boolean.annotate({ description, default: false }).pipe(
    Schema.withDecodingDefaultKey(Effect.succeed(false)),
  )

/** The schema of the config. */
export const MedusaRecipeConfig: Schema.Codec<MedusaRecipeConfig, unknown> = Schema.Struct({
  heads: integerSetting(1, 16, 4, "Heads; head k guesses the token k + 1 places on."),
  draftVocabulary: integerSetting(
    0,
    1_000_000,
    0,
    "Tokens that heads guess among: those most frequent in the continuations, with their rows of the LM head kept beside the heads; 0 for all, by the model's own head.",
  ),
  labels: choiceSetting(
    ["tokens", "distributions"],
    "tokens",
    "What heads learn to say: the model's own tokens, or all that it gave a chance at that place, in prompts too.",
  ),
  outputMatrix: flag("Heads have a matrix behind their block too, as if each had an LM head of its own."),
  newestToken: flag(
    "Heads read the embedding of the newest token too, which their state only guessed; of a draft vocabulary.",
  ),
  ...textFields({ prompts: 4000, heldOutPrompts: 200, promptLength: 64, continuation: 48 }),
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
