import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The config of `@parade/draft-model`. */
export interface DraftModelConfig {
  readonly draftLength: number
  readonly law: "auto" | "point" | "iid"
  readonly branches: number
}

/** The schema of the config. */
export const DraftModelConfig: Schema.Codec<DraftModelConfig, unknown> = Schema.Struct({
  draftLength: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 64 }))
    .annotate({ description: "Tokens drafted one after the other, at most.", default: 5 })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(5))),
  law: Schema.Literals(["auto", "point", "iid"])
    .annotate({
      description:
        "How a chain is drawn: iid, by draws of its own, for verifiers that compare probabilities; point, by the draws the text itself will use, for verifiers that compare tokens; auto, what the verifier makes most of.",
      default: "auto",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("auto" as const))),
  branches: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 16 }))
    .annotate({
      description: "1 drafts a chain; more, a tree with that many of the likeliest nodes on every level.",
      default: 1,
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
})
