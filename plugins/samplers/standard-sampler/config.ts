import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { StandardSamplerOptions } from "./standard-sampler.ts"

const number = (minimum: number, maximum: number, fallback: number, description: string) =>
  Schema.Finite.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

const TokenId = Schema.String.check(
  Schema.isPattern(/^(0|[1-9][0-9]{0,8})$/u, { expected: 'a token id such as "42"' }),
)

/** The schema of the config; everything left out is off, so that all is greedy. */
export const StandardSamplerConfig: Schema.Codec<Required<StandardSamplerOptions>, unknown> = Schema.Struct({
  temperature: number(
    0,
    100,
    0,
    "Divides the logits: below 1 sharper, above 1 flatter, 0 takes the greatest.",
  ),
  topK: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 1_000_000 }))
    .annotate({ description: "Keeps the k most probable tokens; 0 keeps all.", default: 0 })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0))),
  topP: number(
    0,
    1,
    1,
    "Keeps the smallest set of tokens whose probabilities reach this, at least one token.",
  ),
  minP: number(0, 1, 0, "Keeps the tokens at least this many times as probable as the most probable one."),
  repetitionPenalty: number(0.01, 100, 1, "Above 1, tokens seen in prompt or output become less likely."),
  presencePenalty: number(-100, 100, 0, "Subtracted from the logit of every token in the output."),
  frequencyPenalty: number(-100, 100, 0, "Subtracted from a logit as often as its token is in the output."),
  // As far as logits of 32 bits go with room for the logit itself; all of them are as good as never and always.
  logitBias: Schema.Record(
    Schema.String,
    Schema.Finite.check(Schema.isBetween({ minimum: -1e30, maximum: 1e30 })),
  )
    .check(Schema.isPropertyNames(TokenId))
    .annotate({ description: "Added to logits, by token id.", default: {} })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed({}))),
})
