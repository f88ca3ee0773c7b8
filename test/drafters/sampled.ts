import { type Distribution, type DraftTree, type ProposalLaw, uniform } from "@parade/core"
import type { DraftBudget, DraftContext, Drafter } from "@parade/drafting"
import { tableDistribution } from "../reference/distribution.ts"
import { drafterOf } from "./_drafter.ts"

/** How children are drawn. */
export interface SampledDrafterOptions {
  readonly law: "iid" | "withoutReplacement"
  /** Draws per node; 1 makes a chain. */
  readonly trials: number
  /** Weights of the next token after some tokens, history and path; `[vocabulary]`. */
  readonly q: (tokens: readonly number[]) => ArrayLike<number>
}

const without = (q: Distribution, tokens: readonly number[]): Distribution | undefined => {
  const { tokens: all } = q.support()
  const left = new Float64Array(q.size)
  for (const token of all) if (!tokens.includes(token)) left[token] = q.probability(token)
  return left.some((p) => p > 0) ? tableDistribution(left) : undefined
}

/** One tree of draws under a history. */
export const planSampled = (
  options: SampledDrafterOptions,
  { history, seed }: Pick<DraftContext, "history" | "seed">,
  budget: DraftBudget,
): DraftTree => {
  const tokens: number[] = []
  const parents: number[] = []
  const paths: (readonly number[])[] = []
  const laws = new Map<number, ProposalLaw>()
  // Whether a node gets children depends on how many nodes there are, never on what its own draws would be: a tree
  // trimmed by the tokens drawn would follow another law.
  for (let node = -1; node < tokens.length; node++) {
    const path = node < 0 ? [] : paths[node]!
    if (path.length >= budget.depth || tokens.length + options.trials > budget.nodes) continue
    const q = tableDistribution(options.q([...history.tokens, ...path]))
    const drawn: number[] = []
    const trials: number[] = []
    for (let trial = 0; trial < options.trials; trial++) {
      const from = options.law === "iid" ? q : without(q, drawn)
      if (from === undefined) break
      const position = history.length + path.length
      const token = from.draw(uniform(seed, "proposal", position, (node + 1) * options.trials + trial))
      drawn.push(token)
      const before = parents.findIndex((parent, i) => parent === node && tokens[i] === token)
      trials.push(before >= 0 ? before : tokens.length)
      if (before >= 0) continue
      tokens.push(token)
      parents.push(node)
      paths.push([...path, token])
    }
    laws.set(node, { law: options.law, q, trials })
  }
  return { tokens, parents, laws }
}

/** A tree of draws from given distributions, with the law they were drawn by. */
export const sampledDrafter = (options: SampledDrafterOptions): Drafter =>
  drafterOf(
    options.law === "iid" ? "iid" : "without-replacement",
    (context, budget) => planSampled(options, context, budget),
    [options.law],
  )
