import { DecodeError, definePlugin, type Plugin, slot } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { creditDecoding } from "./credit-decoding.ts"

const number = (
  range: { readonly maximum: number; readonly exclusiveMaximum?: boolean },
  fallback: number,
  description: string,
) =>
  Schema.Finite.check(Schema.isBetween({ minimum: 0, ...range }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The plugin `@parade/credit-decoding`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/credit-decoding",
  summary: "Credit for tokens that have been predicted for several steps, on top of any rule.",
  config: Schema.Struct({
    strength: number({ maximum: 100 }, 0.65, "Strength of fusion; 0 leaves the rule alone."),
    decay: number(
      { maximum: 1, exclusiveMaximum: true },
      0.7,
      "What is left of a credit after a step; below 1, or credit would only grow.",
    ),
    exponent: number({ maximum: 100 }, 0.2, "Exponent of a hit: below 1, credit is mostly a count of hits."),
    tuningFree: Schema.Boolean.annotate({
      description: "Strength and decay grow as the block fills; the exponent is 1.",
      default: false,
    }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(false))),
  }),
  slots: {
    rule: slot(UnmaskerKind, "The rule that decides on the fused predictions.", { use: "@parade/threshold" }),
  },
  make: (config, { rule }) =>
    rule.proposesSeveral === true
      ? Effect.fail(
          new DecodeError({
            code: "denoise.rule-proposes-several",
            message: `Credit cannot be given to what ${rule.name} only tries.`,
            advice: "Choose a rule that proposes one edit, such as @parade/threshold.",
          }),
        )
      : Effect.succeed(creditDecoding({ ...config, rule })),
})
