import { definePlugin, type Plugin } from "@parade/core"
import { entropyOutput, scoreNames, type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { fixedCount } from "./fixed-count.ts"

/** The plugin `@parade/fixed-count`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/fixed-count",
  summary: "Fills a fixed number of positions per step, the most certain first.",
  config: Schema.Struct({
    steps: Schema.optionalKey(
      Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 })).annotate({
        description: "Steps for a block; by default as many as it has masks, one position each.",
      }),
    ),
    by: Schema.Literals(scoreNames)
      .annotate({
        description: "What makes a position certain; position: from the left.",
        default: "confidence",
      })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("confidence" as const))),
  }),
  needs: ({ by }) => (by === "entropy" ? [entropyOutput] : []),
  make: (config) => Effect.succeed(fixedCount(config)),
})
