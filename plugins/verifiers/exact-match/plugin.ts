import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { exactMatch } from "./exact-match.ts"

/** The plugin `@parade/exact-match`. */
export const plugin: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "@parade/exact-match",
  summary: "Draws from the target and follows the matching draft: the same tokens as plain decoding.",
  config: Schema.Struct({}),
  capabilities: ["lossless", "same tokens"],
  make: () => Effect.succeed(exactMatch),
})
