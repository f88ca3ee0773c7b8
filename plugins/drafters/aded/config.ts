import { choiceSetting, integerSetting, numberSetting } from "@parade/tasks"
import * as Schema from "effect/Schema"

/** The config of the drafter `@parade/aded`. */
export interface AdedConfig {
  readonly source?: string | undefined
  readonly memory: "text" | "process"
  readonly search: "monte-carlo" | "likeliest"
  readonly iterations: number
  readonly length: number
  readonly sequences: number
  readonly nodes: number
  readonly c1: number
  readonly c2: number
  readonly window: number
  readonly bump: number
  readonly cap: number
}

/** The schema of the config. */
export const AdedConfig: Schema.Codec<AdedConfig, unknown> = Schema.Struct({
  source: Schema.optionalKey(
    Schema.NonEmptyString.annotate({
      description:
        "The folder with table.safetensors and table.json, as the recipe writes it. By default the table is empty at first and knows only what the text has said.",
    }),
  ),
  memory: choiceSetting(
    ["text", "process"],
    "text",
    "What the table learns of a text is forgotten with it, or, as published, stays for the texts after it: then drafts depend on what came before.",
  ),
  search: choiceSetting(
    ["monte-carlo", "likeliest"],
    "monte-carlo",
    "The published search, or simply the paths of the greatest products of weights.",
  ),
  iterations: integerSetting(1, 100_000, 150, "Iterations of the Monte-Carlo search in a round."),
  length: integerSetting(
    2,
    16,
    4,
    "Tokens of a searched path, the newest committed one first; drafts are as long, as each path gets one more.",
  ),
  sequences: integerSetting(1, 1024, 24, "Nodes visited most often whose paths are drafted."),
  nodes: integerSetting(
    1,
    256,
    64,
    "Tokens drafted in a round, at most; the price of rows and the decoder's maxDraft hold too.",
  ),
  c1: numberSetting(0, 1e6, 32, "C1: how much a successor's weight counts against what was found behind it."),
  c2: numberSetting(1e-3, 1e6, 8, "C2: the larger, the slower that grows with the visits."),
  window: integerSetting(3, 4096, 16, "Newest tokens whose tri-grams gain weight in a round."),
  bump: numberSetting(0, 100, 0.04, "What each of them gains."),
  cap: numberSetting(0, 100, 3, "No weight grows beyond this."),
})
