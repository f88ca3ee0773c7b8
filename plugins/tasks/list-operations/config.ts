import { choiceSetting, choicesSetting, integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"
import type { ItemKind } from "./items.ts"
import type { ListNotationName } from "./notation.ts"
import { type ListOperationName, listOperationNames } from "./operations.ts"
import type { Wording } from "./wording.ts"

/** The config of `@parade/list-operations`. */
export interface ListOperationsConfig {
  readonly operations: readonly ListOperationName[]
  readonly minItems: number
  readonly maxItems: number
  readonly items: ItemKind
  readonly notation: ListNotationName
  readonly wording: Wording
}

/** The schema of the config. */
export const ListOperationsConfig: Schema.Codec<ListOperationsConfig, unknown> = Schema.Struct({
  operations: choicesSetting(listOperationNames, "What is to be done; they take turns."),
  minItems: integerSetting(2, 20, 3, "Items of a list, at least."),
  maxItems: integerSetting(2, 20, 6, "Items of a list, at most."),
  items: choiceSetting(["names", "words", "letters"], "names", "What the lists are of."),
  notation: choiceSetting(["json", "commas", "spaces"], "json", "How lists are written."),
  wording: choiceSetting(["terse", "spoken"], "spoken", "Whether prompts are a word or sentences."),
})
