import type { DraftTree } from "@parade/core"
import { type DraftBudget, type Drafter, emptyTree } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { PromptLookupConfig } from "./config.ts"
import { agreed } from "./agreement.ts"
import { editCursor } from "./edit-cursor.ts"
import { lookup } from "./lookup.ts"
import { propose, type ProposeOptions } from "./propose.ts"

/** Prompt lookup as a drafter. */
export const promptLookup = (config: PromptLookupConfig): Drafter => ({
  name: "@parade/prompt-lookup",
  proposes: ["point"],
  open: ({ target, history }) =>
    Effect.sync(() => {
      const within = config.source === "prompt" ? { within: history.promptLength } : {}
      const ends = new Set(target.info.endTokens)
      const options: ProposeOptions = { ...config, ...within, isEnd: (token) => ends.has(token) }
      const minNgram = Math.min(config.minNgram, config.maxNgram)
      const { matches } = lookup({ minNgram, maxNgram: config.maxNgram, match: config.match, ...within })
      // Equal continuations merge, so a few more matches than branches are looked at; the cursor takes the longest.
      const limit = config.branches > 1 ? 4 * config.branches : config.edits ? 8 : 1
      const cursor = config.edits ? editCursor(history.tokens.length, within.within) : undefined
      const plan = (budget: DraftBudget): DraftTree => {
        const { tokens } = history
        const found = agreed(tokens, matches(tokens, limit))
        return propose(tokens, cursor?.places(tokens, found) ?? found, budget, options)
      }
      return {
        plan: (budget) =>
          Effect.sync(() => (budget.nodes < 1 || budget.depth < 1 ? emptyTree : plan(budget))),
        observe: () => Effect.void,
      }
    }),
})
