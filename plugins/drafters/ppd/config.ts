import { integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the drafter `@parade/ppd`. */
export interface PpdConfig {
  readonly source?: string | undefined
  readonly promptTokens: number
  readonly rows: number
}

/** The schema of the config. */
export const PpdConfig: Schema.Codec<PpdConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with prompts.safetensors and prompts.json, as the recipe writes it. By default the prompt tokens for the embedded tiny text model.",
    }),
  ),
  promptTokens: integerSetting(1, 4, 3, "Prompt tokens of a node, at most; as many levels has the tree."),
  rows: integerSetting(
    2,
    256,
    64,
    "Nodes and their prompt tokens in a round, at most; the price of rows and the decoder's maxDraft hold too.",
  ),
})
