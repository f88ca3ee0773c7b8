import { definePlugin, type Plugin } from "@parade/core"
import { entropyOutput, scoreNames, type Unmasker, UnmaskerKind } from "@parade/denoising"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { budget } from "./budget.ts"

/** The plugin `@parade/budget`. */
export const plugin: Plugin<Unmasker> = definePlugin({
  kind: UnmaskerKind,
  name: "@parade/budget",
  summary: "A fixed number of positions per step, shared evenly among groups of open positions.",
  config: Schema.Struct({
    tokens: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65536 }))
      .annotate({ description: "Positions filled in a step.", default: 1 })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed(1))),
    by: Schema.Literals(scoreNames)
      .annotate({ description: "Which positions of a group are filled first.", default: "confidence" })
      .pipe(Schema.withDecodingDefaultKey(Effect.succeed("confidence" as const))),
  }),
  needs: ({ by }) => (by === "entropy" ? [entropyOutput] : []),
  make: (config) => Effect.succeed(budget(config)),
})
