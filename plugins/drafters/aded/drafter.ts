import { DecodeError, type DraftTree, uniform } from "@parade/core"
import { type DraftBudget, type Drafter, emptyTree, type TrainedFor, trainedFor } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { AdedConfig } from "./config.ts"
import type { CountedTrigrams } from "./counted-trigrams.ts"
import { draftPaths } from "./draft-paths.ts"
import { likeliestTree, treeOfPaths } from "./draft-tree.ts"
import { searchTree } from "./tree-search.ts"
import { type TrigramTable, trigramTable } from "./trigram-table.ts"

/** What was counted, and in tokens of which vocabulary. */
export interface AdedTable extends TrainedFor {
  readonly counted: CountedTrigrams
}

/** Adaptive draft-verification as a drafter; over an empty table where none is given. */
export const aded = (config: AdedConfig, table?: AdedTable): Drafter => {
  const fresh = (): TrigramTable => trigramTable(table?.counted, config)
  const shared = config.memory === "process" ? fresh() : undefined
  const searched = config.search === "monte-carlo"
  const greatest = table?.counted.tokens.reduce((most, token) => Math.max(most, token), -1) ?? -1
  return {
    name: "@parade/aded",
    proposes: ["point"],
    ...(table === undefined ? {} : trainedFor(table)),
    work: searched
      ? `${config.iterations} iterations of ${config.length}`
      : `${config.nodes} likeliest of ${config.length}`,
    open: Effect.fnUntraced(function* ({ history, seed, target: { info } }) {
      // A vocabulary is told by its fingerprint when a pipeline is composed; a table may lie.
      if (greatest >= info.vocabularySize)
        return yield* Effect.fail(
          new DecodeError({
            code: "draft.vocabulary-mismatch",
            message: `The table has the token ${greatest}, which ${info.name} has not.`,
            advice: "Name a table that was counted for this model.",
          }),
        )
      const known = shared ?? fresh()
      const draft = (a: number, b: number, { nodes, depth }: DraftBudget): DraftTree => {
        const bounds = { nodes: Math.min(config.nodes, nodes), depth: Math.min(config.length, depth) }
        if (!searched) return likeliestTree(known, a, b, bounds)
        const place = history.tokens.length
        const tree = searchTree(known, a, b, config, (i) => uniform(seed, "proposal", place, i))
        return treeOfPaths(known, a, b, draftPaths(known, tree, config), bounds)
      }
      return {
        plan: (budget) =>
          Effect.sync(() => {
            const { tokens } = history
            known.bump(tokens, tokens.length - config.window)
            const [a, b] = [tokens.at(-2) ?? -1, tokens.at(-1) ?? -1]
            return a < 0 || b < 0 || budget.nodes < 1 || budget.depth < 1 ? emptyTree : draft(a, b, budget)
          }),
        observe: () => Effect.void,
      }
    }),
  }
}
