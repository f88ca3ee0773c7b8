import type { DraftTree } from "@parade/core"
import type { DraftBudget } from "@parade/drafting"
import { longestMatch, type Match } from "./lookup.ts"

export interface ProposeOptions {
  /** Tokens drafted after a match, at most. */
  readonly draftLength: number
  /** Alternatives merged into one tree, at most. */
  readonly branches: number
  /** Whether a continuation that reaches the end of the text goes on in itself. */
  readonly overlap: boolean
  /** Continuations end before this index; the end of the text where absent. */
  readonly within?: number
  readonly isEnd: (token: number) => boolean
}

/**
 * The chance that what followed a match of `length` tokens follows again: odds of 0.35 · length^1.5, about what greedy
 * texts of a small model were seen to do. Where other matches as long go on otherwise, only a `share` of these odds. Only
 * a first guess; who plans by it calibrates it.
 */
export const repetitionChance = (length: number, share = 1): number => {
  const odds = 0.35 * Math.min(length, longestMatch) ** 1.5 * share
  return odds / (1 + odds)
}

/**
 * What followed a match, up to `count` tokens. Where it reaches the end of the text it goes on with its own first
 * tokens, as if they had been copied already: a text in a loop is drafted at full length from its second turn on.
 * Ends with the first end token and before a placeholder.
 */
export const continuation = (
  tokens: Int32Array,
  from: number,
  count: number,
  { overlap, within, isEnd }: Pick<ProposeOptions, "overlap" | "within" | "isEnd">,
): readonly number[] => {
  const end = within ?? tokens.length
  const copied: number[] = []
  while (copied.length < count) {
    const source = from + copied.length
    if (source >= end && (!overlap || within !== undefined)) break
    const token = source < end ? tokens[source]! : copied[source - end]!
    if (token < 0) break
    copied.push(token)
    if (isEnd(token)) break
  }
  return copied
}

/** The continuations of matches as one tree, equal beginnings shared, best match first. */
export const propose = (
  tokens: Int32Array,
  matches: readonly Match[],
  budget: DraftBudget,
  options: ProposeOptions,
): DraftTree => {
  const depth = Math.min(options.draftLength, budget.depth)
  const tree = { tokens: [] as number[], parents: [] as number[], confidence: [] as number[] }
  let branches = 0
  for (const match of matches) {
    if (branches === options.branches || tree.tokens.length >= budget.nodes) break
    const before = tree.tokens.length
    let node = -1
    let depthHere = 0
    for (const token of continuation(tokens, match.from, depth, options)) {
      let child = before === 0 ? -1 : node + 1
      while (child >= 0 && child < before && !(tree.parents[child] === node && tree.tokens[child] === token))
        child++
      if (child < 0 || child >= before) {
        if (tree.tokens.length >= budget.nodes) break
        child = tree.tokens.push(token) - 1
        tree.parents.push(node)
        const chance = depthHere === 0 ? match.chance : undefined
        tree.confidence.push((chance ?? repetitionChance(match.length + depthHere)) / (branches + 1))
      }
      node = child
      depthHere++
    }
    if (tree.tokens.length > before) branches++
  }
  return tree
}
