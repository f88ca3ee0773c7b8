import { type OwnTextSettings, textFields } from "@parade/drafter-recipes"
import { sourceSetting } from "@parade/recipes"
import { integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the recipe `@parade/aded`. */
export interface AdedRecipeConfig extends OwnTextSettings {
  readonly source: string
  readonly successors: number
  readonly batch: number
  readonly steps: number
}

/** The schema of the config. */
export const AdedRecipeConfig: Schema.Codec<AdedRecipeConfig, unknown> = Schema.Struct({
  source: sourceSetting("The checkpoint whose texts are counted; it stays as it is."),
  successors: integerSetting(1, 1024, 12, "Successors of a pair of tokens that are kept, the heaviest."),
  ...textFields({ prompts: 2000, heldOutPrompts: 160, promptLength: 48, continuation: 48 }),
  batch: integerSetting(1, 100_000, 100, "Texts of a step."),
  steps: integerSetting(
    1,
    10_000_000,
    20,
    "Steps, unless the command says otherwise; those beyond the last text count nothing.",
  ),
})
