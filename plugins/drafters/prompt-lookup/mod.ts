/** A drafter without a network: what followed the last tokens earlier in the text may follow again. */
import { definePlugin, type Plugin } from "@parade/core"
import { type Drafter, DrafterKind, emptyTree } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { PromptLookupConfig } from "./config.ts"
import { lookup } from "./lookup.ts"
import { propose, type ProposeOptions } from "./propose.ts"

export { PromptLookupConfig } from "./config.ts"
export { lookup, type Lookup, type LookupOptions, type Match } from "./lookup.ts"
export { type MatchOrder, ngramIndex, type NgramIndex } from "./ngram-index.ts"
export { continuation, propose, type ProposeOptions, repetitionChance } from "./propose.ts"

/** Prompt lookup as a drafter. */
export const promptLookupDrafter = (config: PromptLookupConfig): Drafter => ({
  name: "@parade/prompt-lookup",
  proposes: ["point"],
  open: ({ target, history }) =>
    Effect.sync(() => {
      const within = config.source === "prompt" ? { within: history.promptLength } : {}
      const ends = new Set(target.info.endTokens)
      const options: ProposeOptions = { ...config, ...within, isEnd: (token) => ends.has(token) }
      const minNgram = Math.min(config.minNgram, config.maxNgram)
      const { matches } = lookup({ minNgram, maxNgram: config.maxNgram, match: config.match, ...within })
      // Equal continuations merge, so a few more matches than branches are looked at.
      const limit = config.branches === 1 ? 1 : 4 * config.branches
      return {
        plan: (budget) =>
          Effect.sync(() =>
            budget.nodes < 1 || budget.depth < 1
              ? emptyTree
              : propose(history.tokens, matches(history.tokens, limit), budget, options),
          ),
        observe: () => Effect.void,
      }
    }),
})

/** The plugin `@parade/prompt-lookup`. */
export const promptLookup: Plugin<Drafter> = definePlugin({
  kind: DrafterKind,
  name: "@parade/prompt-lookup",
  summary: "Drafts what followed the last tokens earlier in the prompt or the output.",
  config: PromptLookupConfig,
  capabilities: ["proposes: point", "training-free"],
  make: (config) => Effect.succeed(promptLookupDrafter(config)),
})
