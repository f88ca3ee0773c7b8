import type { DraftTree } from "@parade/core"
import type { Acceptance } from "./acceptance.ts"

/**
 * Watches what becomes of a plan as the text grows, whether its nodes were verified or left out: the token at a
 * position is what plain decoding gives there, so comparing tells for free whether a node would have stood. That is
 * how drafting finds out that it has come to pay without drafting.
 */
export interface FollowedPlan {
  /** Watch another plan from its first level on. */
  readonly start: (tree: DraftTree) => void
  /** Whether something of the plan is still to come true. */
  readonly alive: () => boolean
  /** The text has grown by these tokens. */
  readonly advance: (tokens: readonly number[]) => void
}

export const followPlan = (acceptance: Acceptance): FollowedPlan => {
  let tree: DraftTree | undefined
  let node = -1
  let level = 1

  const step = (token: number): void => {
    if (tree === undefined) return
    const { tokens, parents, confidence } = tree
    let children = 0
    let next = -1
    for (let child = node + 1; child < tokens.length; child++) {
      if (parents[child] !== node) continue
      children++
      const stood = next < 0 && tokens[child] === token
      if (stood) next = child
      acceptance.recordNode(confidence?.[child], level, stood)
    }
    if (children > 0) acceptance.recordLevel(level, next >= 0)
    if (next < 0) tree = undefined
    node = next
    level++
  }

  return {
    start(plan) {
      tree = plan.tokens.length > 0 ? plan : undefined
      node = -1
      level = 1
    },
    alive: () => tree !== undefined,
    advance(tokens) {
      for (const token of tokens) step(token)
    },
  }
}
