import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import { openDevice } from "@parade/onnx"
import { locateSource } from "@parade/weights"
import * as Effect from "effect/Effect"
import { HiddenTransferConfig } from "./config.ts"
import { hiddenTransfer, usesAt } from "./drafter.ts"
import { readMaps } from "./maps.ts"

/** The maps that come with the package, for the embedded model. */
const ownMaps = "npm:@parade/hidden-transfer/maps"

/** The drafter `@parade/hidden-transfer`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/hidden-transfer",
  summary: "Drafts with trained pseudo states that enter the target in the middle.",
  config: HiddenTransferConfig,
  capabilities: ["proposes: point", "trained"],
  needs: ({ layer }) => targetNeeds(usesAt(layer)),
  make: ({ source, layer, pseudoStates, rows }, _, { base }) =>
    Effect.gen(function* () {
      const maps = yield* readMaps(yield* locateSource(source ?? ownMaps, base), layer, pseudoStates)
      return yield* hiddenTransfer(maps, yield* openDevice("cpu", { threads: 1 }), rows)
    }),
})
