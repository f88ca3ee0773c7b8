import { integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the drafter `@parade/hidden-transfer`. */
export interface HiddenTransferConfig {
  readonly source?: string | undefined
  readonly layer: number
  readonly pseudoStates: number
  readonly rows: number
}

/** The layer of the maps that come with the package. */
export const ownLayer = 2

/** The schema of the config. */
export const HiddenTransferConfig: Schema.Codec<HiddenTransferConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with maps.safetensors and maps.json, as the recipe writes it. By default the maps of the embedded tiny text model.",
    }),
  ),
  layer: integerSetting(
    1,
    1024,
    ownLayer,
    "Layers that the newest state has passed when it is transferred; that of the maps.",
  ),
  pseudoStates: integerSetting(1, 8, 3, "Pseudo states of a row, at most; as many levels has the tree."),
  rows: integerSetting(
    1,
    256,
    64,
    "Nodes and pseudo states in a round, at most; the price of rows and the decoder's maxDraft hold too.",
  ),
})
