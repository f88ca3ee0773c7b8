import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { speculativeSampling } from "./verify-tree.ts"

/** The plugin `@parade/speculative-sampling`. */
export const plugin: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "@parade/speculative-sampling",
  summary: "Accepts drafts by p/q and draws from the residual: the distribution of plain decoding.",
  config: Schema.Struct({}),
  capabilities: ["lossless"],
  make: () => Effect.succeed(speculativeSampling),
})
