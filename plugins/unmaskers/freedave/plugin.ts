import { definePlugin, type Plugin } from "@parade/core"
import { type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { freedave } from "./freedave.ts"

/** The plugin `@parade/freedave`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/freedave",
  summary: "Several steps of static decoding verified in one forward, token for token the same.",
  config: Schema.Struct({
    drafts: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 256 }))
      .annotate({ description: "Steps drafted and verified together.", default: 4 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(4))),
    by: Schema.Literals(["confidence", "position"])
      .annotate({ description: "Which position a static step fills.", default: "confidence" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("confidence" as const))),
    threshold: Schema.optionalKey(
      Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 2 })).annotate({
        description: "Confidence from which a step fills more than one position: FreeDave++, near-lossless.",
      }),
    ),
  }),
  make: (config) => Effect.succeed(freedave(config)),
})
