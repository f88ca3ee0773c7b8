import { type SettingFields, type TrainingSettings, trainingSettings } from "@parade/model-recipes"
import { integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** What every adaptation is told. */
export interface AdaptationSettings extends TrainingSettings {
  readonly source: string
  readonly length: number
  readonly maxTokens: number
}

/** The fields of the settings, to be put into the schema of a recipe's config beside its own. */
export const adaptationSettings = (defaults: AdaptationSettings): SettingFields<AdaptationSettings> => ({
  source: Schema.NonEmptyString.annotate({
    description: "The checkpoint that is trained further: a folder, or npm:package/folder.",
    default: defaults.source,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.source))),
  ...trainingSettings(defaults, "each of the tasks"),
  length: integerSetting(8, 4096, defaults.length, "Tokens of a sequence."),
  maxTokens: integerSetting(1, 4096, defaults.maxTokens, "Tokens an answer may have."),
})
