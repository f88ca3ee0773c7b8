import { choicesSetting, integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

const operations = ["complete", "classify"] as const

/** What is asked of a word of brackets: to close it, or to say whether it is balanced. */
export type BracketOperation = (typeof operations)[number]

/** The config of `@parade/brackets`. */
export interface BracketsConfig {
  readonly operations: readonly BracketOperation[]
  readonly kinds: number
  readonly minPairs: number
  readonly maxPairs: number
  readonly extraPairs: number
}

/** The schema of the config. */
export const BracketsConfig: Schema.Codec<BracketsConfig, unknown> = Schema.Struct({
  operations: choicesSetting(operations, "What is asked; the two take turns."),
  kinds: integerSetting(1, 4, 3, "Kinds of brackets: (), then [], {} and <>."),
  minPairs: integerSetting(2, 32, 4, "Pairs of a balanced word, at least."),
  maxPairs: integerSetting(2, 32, 8, "Pairs of a balanced word, at most."),
  extraPairs: integerSetting(
    0,
    4,
    0,
    "Pairs that a completion opens and closes anew, at most; with none there is one right completion.",
  ),
})
