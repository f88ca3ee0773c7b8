import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { openDevice } from "@parade/onnx"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { MedusaConfig } from "./config.ts"
import { medusa, uses } from "./drafter.ts"
import { readHeads } from "./heads.ts"

/** The heads that come with the package, for the embedded model. */
export const ownHeads: string = "npm:@parade/medusa/heads"

/** The drafter `@parade/medusa`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/medusa",
  summary: "Drafts a tree with trained heads on the target's last hidden state.",
  config: MedusaConfig,
  capabilities: ["proposes: point", "trained"],
  needs: () => targetNeeds(uses),
  make: (config, _, { base }) =>
    Effect.gen(function* () {
      const heads = yield* readHeads(yield* locateSource(config.source ?? ownHeads, base), config.heads)
      return yield* medusa(heads, yield* openDevice("cpu", { threads: 1 }), config)
    }),
})
