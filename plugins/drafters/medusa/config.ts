import { choiceSetting, integerSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the drafter `@parade/medusa`. */
export interface MedusaConfig {
  readonly source?: string | undefined
  readonly heads: number
  readonly nodes: number
  readonly tree: "confident" | "fixed"
}

/** The schema of the config. */
export const MedusaConfig: Schema.Codec<MedusaConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with heads.safetensors and heads.json, as the recipe writes it. By default the heads of the embedded tiny text model.",
    }),
  ),
  heads: integerSetting(1, 16, 5, "Heads used, at most; as many levels has the tree."),
  nodes: integerSetting(
    1,
    256,
    63,
    "Nodes of the tree, at most; the decoder's maxDraft and the price of rows hold too.",
  ),
  tree: choiceSetting(
    ["confident", "fixed"],
    "confident",
    "Chosen in every round by how sure the heads are, where they can say it; or once, by how often each rank was right.",
  ),
})
