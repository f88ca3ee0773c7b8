import { definePlugin, type Plugin } from "@parade/core"
import { entropyOutput, type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { entropyThreshold } from "./entropy-threshold.ts"

/** The plugin `@parade/entropy-threshold`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/entropy-threshold",
  summary: "Fills all positions whose entropy is low enough, at least the lowest.",
  config: Schema.Struct({
    threshold: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 100 }))
      .annotate({ description: "Entropy in nats that is low enough.", default: 0.5 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(0.5))),
  }),
  needs: () => [entropyOutput],
  make: (config) => Effect.succeed(entropyThreshold(config)),
})
