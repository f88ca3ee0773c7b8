import { choicesSetting, integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

const operations = ["paraphrase", "answer", "write", "fill", "repeat"] as const

/** What is asked of a sentence. */
export type SentenceOperation = (typeof operations)[number]

/** The config of `@parade/templated-sentences`. */
export interface TemplatedSentencesConfig {
  readonly operations: readonly SentenceOperation[]
  readonly gaps: number
}

/** The schema of the config. */
export const TemplatedSentencesConfig: Schema.Codec<TemplatedSentencesConfig, unknown> = Schema.Struct({
  operations: choicesSetting(operations, "What is asked; they take turns."),
  gaps: integerSetting(1, 4, 2, "Words left out where gaps are to be filled."),
})
