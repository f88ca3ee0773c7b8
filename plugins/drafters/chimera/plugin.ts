import { CacheKind, definePlugin, type Plugin, slot } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { AttentionKind } from "@parade/layers"
import { openDevice } from "@parade/onnx"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { ChimeraConfig } from "./config.ts"
import { chimera, uses } from "./drafter.ts"
import { readChimera } from "./weights.ts"

/** The drafter that comes with the package, for the embedded model. */
const ownWeights = "npm:@parade/chimera/weights"

const attention = slot(AttentionKind, "The attention of the drafter's block.", {
  use: "@parade/grouped-query",
})

/** The drafter `@parade/chimera`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/chimera",
  summary: "Drafts a tree with one trained block over trigrams and all of the target's last hidden states.",
  config: ChimeraConfig,
  slots: {
    attention,
    cache: slot(CacheKind, "Where the block keeps its rows.", { use: "@parade/contiguous" }),
  },
  capabilities: ["proposes: point", "trained"],
  needs: () => targetNeeds(uses),
  make: ({ source, levels, ...settings }, parts, { base }) =>
    Effect.gen(function* () {
      const folder = yield* locateSource(source ?? ownWeights, base)
      const weights = yield* readChimera(folder, parts.attention, levels)
      const device = yield* openDevice("cpu", { threads: 1 })
      return yield* chimera(weights, { ...parts, device }, settings)
    }),
})
