import { sourceSetting } from "@parade/recipes"
import { type SettingFields, type TrainingSettings, trainingSettings } from "@parade/model-recipes"
import { integerSetting } from "@parade/tasks"

/** What every adaptation is told. */
export interface AdaptationSettings extends TrainingSettings {
  readonly source: string
  readonly length: number
  readonly maxTokens: number
}

/** The fields of the settings, to be put into the schema of a recipe's config beside its own. */
export const adaptationSettings = (defaults: AdaptationSettings): SettingFields<AdaptationSettings> => ({
  source: sourceSetting(
    "The checkpoint that is trained further: a folder, or npm:package/folder.",
    defaults.source,
  ),
  ...trainingSettings(defaults, "each of the tasks"),
  length: integerSetting(8, 4096, defaults.length, "Tokens of a sequence."),
  maxTokens: integerSetting(1, 4096, defaults.maxTokens, "Tokens an answer may have."),
})
