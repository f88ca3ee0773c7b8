import { choiceSetting, choicesSetting, integerSetting } from "@parade/tasks"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const operations = ["add", "subtract", "multiply", "chain"] as const

/** What is calculated: two numbers, or a chain of several with different operators. */
export type ArithmeticOperation = (typeof operations)[number]

/** The config of `@parade/arithmetic`. */
export interface ArithmeticConfig {
  readonly operations: readonly ArithmeticOperation[]
  readonly digits: number
  readonly minTerms: number
  readonly maxTerms: number
  readonly working: boolean
  readonly wording: "terse" | "spoken"
}

/** The schema of the config. */
export const ArithmeticConfig: Schema.Codec<ArithmeticConfig, unknown> = Schema.Struct({
  operations: choicesSetting(operations, "What is calculated; they take turns."),
  digits: integerSetting(1, 6, 3, "Digits of a number, at most; shorter ones are as frequent."),
  minTerms: integerSetting(3, 8, 3, "Numbers in a chain, at least."),
  maxTerms: integerSetting(3, 8, 4, "Numbers in a chain, at most."),
  working: Schema.Boolean.annotate({
    description: "Whether the answer to a chain shows every step.",
    default: false,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  wording: choiceSetting(["terse", "spoken"], "terse", "Whether prompts are a formula or a question."),
})
