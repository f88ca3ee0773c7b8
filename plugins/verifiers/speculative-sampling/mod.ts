/** The verifier of speculative sampling: the target's exact distribution, and more acceptance for sampled drafts. */
import { definePlugin, type Plugin, type Verifier, VerifierKind } from "@parade/core"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { keyedChances } from "./chances.ts"
import { verifyTree } from "./verify-tree.ts"

export { type Chances, keyedChances } from "./chances.ts"
export { verifyTree } from "./verify-tree.ts"

/** The plugin `@parade/speculative-sampling`. */
export const speculativeSampling: Plugin<Verifier> = definePlugin({
  kind: VerifierKind,
  name: "@parade/speculative-sampling",
  summary: "Accepts drafts by p/q and draws from the residual: the distribution of plain decoding.",
  config: Schema.Struct({}),
  capabilities: ["lossless"],
  make: () =>
    Effect.succeed<Verifier>({
      law: "exact",
      accepts: ["point", "iid", "withoutReplacement"],
      verify: (input) => verifyTree(input, keyedChances(input.uniform)),
    }),
})
