import { integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the drafter `@parade/chimera`. */
export interface ChimeraConfig {
  readonly source?: string | undefined
  readonly levels: number
  readonly nodes: number
  readonly least: number
  readonly trigrams: number
}

/** The schema of the config. */
export const ChimeraConfig: Schema.Codec<ChimeraConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with drafter.safetensors and chimera.json, as the recipe writes it. By default the drafter for the embedded tiny text model.",
    }),
  ),
  levels: integerSetting(1, 8, 4, "Levels of the tree, at most, each a run of the block."),
  nodes: integerSetting(
    1,
    256,
    24,
    "Nodes of the tree, at most; the decoder's maxDraft and the price of rows hold too.",
  ),
  least: numberSetting(
    0,
    1,
    0.1,
    "The chance of a node and all above it from which on it is drafted under; of a drafter with a draft vocabulary, which says such chances.",
  ),
  trigrams: integerSetting(
    1,
    1_000_000,
    50_000,
    "Vectors of trigrams kept, at most; those least recently used go first.",
  ),
})
