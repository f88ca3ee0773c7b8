import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { typicalAcceptance, type TypicalAcceptanceOptions } from "./typical-acceptance.ts"

/** The schema of the config. */
export const TypicalAcceptanceConfig: Schema.Codec<TypicalAcceptanceOptions, unknown> = Schema.Struct({
  // At 1 nothing could exceed it, not even what is certain.
  epsilon: Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0), Schema.isLessThan(1))
    .annotate({ description: "ε: what a token's probability has to exceed, at most.", default: 0.09 })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.09))),
  delta: Schema.optionalKey(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })).annotate({
      description: "δ: less is asked where the target is unsure, this share of exp(−entropy). Default √ε.",
    }),
  ),
  next: Schema.Literals(["likeliest", "drawn"])
    .annotate({
      description: "The token after the accepted drafts: the target's likeliest, or drawn from it.",
      default: "likeliest",
    })
    .pipe(Schema.withDecodingDefaultKey(Effect.succeed("likeliest" as const))),
})

/** The plugin `@parade/typical-acceptance`. */
export const plugin: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "@parade/typical-acceptance",
  summary: "Accepts drafts that are typical of the target: longer ones, not by its law above temperature 0.",
  config: TypicalAcceptanceConfig,
  capabilities: ["lossy", "lossless at temperature 0"],
  make: (config) => Effect.succeed(typicalAcceptance(config)),
})
