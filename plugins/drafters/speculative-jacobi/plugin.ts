import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind, targetNeeds } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { SpeculativeJacobiConfig } from "./config.ts"
import { speculativeJacobi, uses } from "./drafter.ts"

/** The plugin `@parade/speculative-jacobi`. */
export const plugin: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/speculative-jacobi",
  summary: "Drafts a window from what the target said of it in the last round, until the drafts stand.",
  config: SpeculativeJacobiConfig,
  capabilities: ["proposes: iid, point", "training-free"],
  needs: () => targetNeeds(uses),
  make: (config) => Effect.succeed(speculativeJacobi(config)),
})
