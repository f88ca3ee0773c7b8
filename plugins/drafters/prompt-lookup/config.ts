import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The config of `@parade/prompt-lookup`. */
export interface PromptLookupConfig {
  readonly maxNgram: number
  readonly minNgram: number
  readonly draftLength: number
  readonly match: "earliest" | "latest"
  readonly source: "all" | "prompt"
  readonly overlap: boolean
  readonly branches: number
  readonly edits: boolean
}

const integer = (minimum: number, maximum: number, fallback: number, description: string) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }))
    .annotate({ description, default: fallback })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(fallback)))

/** The schema of the config. */
export const PromptLookupConfig: Schema.Codec<PromptLookupConfig, unknown> = Schema.Struct({
  maxNgram: integer(1, 16, 3, "Tokens at the end of the text to look for, at most."),
  minNgram: integer(1, 16, 1, "Tokens at the end of the text to look for, at least; no more than maxNgram."),
  draftLength: integer(
    0,
    256,
    32,
    "Tokens to draft after a match, at most; the decoder's maxDraft holds too.",
  ),
  match: Schema.Literals(["earliest", "latest"])
    .annotate({ description: "Which of several matches of the same n-gram to take.", default: "earliest" })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("earliest" as const))),
  source: Schema.Literals(["all", "prompt"])
    .annotate({
      description: "Where to look: in the prompt and the output, or in the prompt alone.",
      default: "all",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("all" as const))),
  overlap: Schema.Boolean.annotate({
    description: "Whether a continuation that reaches the end of the text goes on in itself.",
    default: true,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
  branches: integer(1, 16, 1, "Different continuations to draft side by side, at most."),
  edits: Schema.Boolean.annotate({
    description: "Whether to keep the place in the source where the text departs from it by a few tokens.",
    default: true,
  }).pipe(Schema.withDecodingDefaultKey(Effect.succeed(true))),
})
