import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { sourceSetting } from "@parade/recipes"
import { integerSetting, numberSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Without } from "./weights.ts"

/** The config of the recipe `@parade/chimera`. */
export interface ChimeraRecipeConfig extends OwnTextSettings {
  readonly source: string
  readonly levels: number
  readonly feedForward: number
  readonly trigramWidth?: number | undefined
  readonly draftVocabulary: number
  readonly without: Without
  readonly batch: number
  readonly steps: number
  readonly rate: number
  readonly warmup: number
  readonly stateWeight: number
  readonly checkpointEvery: number
  readonly evaluateEvery: number
}

const everything: Without = "nothing"

/** The schema of the config. */
export const ChimeraRecipeConfig: Schema.Codec<ChimeraRecipeConfig, unknown> = Schema.Struct({
  source: sourceSetting("The checkpoint the drafter is for; it stays as it is."),
  levels: integerSetting(1, 8, 4, "Levels, each with a head; level m guesses the token m + 1 places on."),
  feedForward: integerSetting(1, 1 << 20, 256, "Width of the feed-forward of the block."),
  trigramWidth: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 })).annotate({
      description:
        "Width to which the trigram encoder makes embedding rows narrower first; by default it takes them as they are, for nine times their width squared.",
    }),
  ),
  draftVocabulary: integerSetting(
    0,
    1_000_000,
    0,
    "Tokens that levels guess among: those most frequent in the continuations, with their rows of the LM head kept beside the drafter; 0 for all, by the model's own head.",
  ),
  without: Schema.Literals(["nothing", "states", "trigrams"])
    .annotate({ description: "What the drafter does without, to see what it brings.", default: everything })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(everything))),
  ...textFields({ prompts: 1500, heldOutPrompts: 160, promptLength: 48, continuation: 40 }),
  batch: integerSetting(1, 4096, 8, "Texts of a step."),
  steps: integerSetting(1, 10_000_000, 1200, "Steps, unless the command says otherwise."),
  rate: numberSetting(1e-7, 1, 1e-3, "The highest learning rate; it falls to nothing as half a cosine."),
  warmup: integerSetting(0, 1_000_000, 40, "Steps in which the rate rises, but no more than a tenth of all."),
  stateWeight: numberSetting(
    0,
    100,
    0.1,
    "Weight of the squared differences between estimated and true states beside the divergences.",
  ),
  checkpointEvery: integerSetting(1, 1_000_000, 250, "Steps from one checkpoint to the next."),
  evaluateEvery: integerSetting(1, 1_000_000, 250, "Steps from one evaluation to the next."),
})
