import { DecodeError, definePlugin, type Plugin, slot } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import { choiceSetting, numberSetting } from "@parade/tasks"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { filterOf } from "./filter.ts"
import { readFilter } from "./filter-file.ts"
import { learn2pd } from "./learn2pd.ts"

/** The filter that comes with the package, for the embedded model. */
const ownFilter = "npm:@parade/learn2pd/filter"

/** The plugin `@parade/learn2pd`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/learn2pd",
  summary:
    "A trained filter over a block's confidences says which predictions are final; texts are cut at their end.",
  config: Schema.Struct({
    source: Schema.optionalKey(
      Schema.NonEmptyString.annotate({
        description:
          "The folder with filter.safetensors and filter.json, as the recipe writes it. By default the filter of the embedded diffusion model.",
      }),
    ),
    threshold: numberSetting(0, 1, 0.96, "More than this probability is enough that a prediction is final."),
    endOfText: choiceSetting(
      ["canvas", "block", "off"],
      "canvas",
      "Where predicted ends of text are looked for, behind which the canvas is cut.",
    ),
    endConfidence: numberSetting(0, 1, 0, "The least confidence of a predicted end of text."),
  }),
  slots: {
    rule: slot(UnmaskerKind, "What is filled in every step whatever the filter says.", {
      use: "@parade/fixed-count",
    }),
  },
  capabilities: ["trained"],
  make: ({ source, ...config }, { rule }, { base }) =>
    Effect.gen(function* () {
      if (rule.proposesSeveral === true)
        return yield* Effect.fail(
          new DecodeError({
            code: "denoise.rule-proposes-several",
            message: `A filter cannot add to what ${rule.name} only tries.`,
            advice: "Choose a rule that proposes one edit, such as @parade/fixed-count.",
          }),
        )
      const { vocabularyFingerprint, ...weights } = yield* readFilter(
        yield* locateSource(source ?? ownFilter, base),
      )
      return learn2pd({ ...config, rule, filter: filterOf(weights), vocabularyFingerprint })
    }),
})
