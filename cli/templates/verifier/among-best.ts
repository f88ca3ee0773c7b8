import type { DraftTree, Verdict, Verifier, VerifyInput } from "@parade/core"

export interface AmongBestOptions {
  /** How many of the target's likeliest tokens stand if they were drafted. */
  readonly count: number
}

/** The children of a node that carry a token; children come after their parents. */
const childrenOf = ({ tokens, parents }: DraftTree, node: number): ReadonlyMap<number, number> => {
  const children = new Map<number, number>()
  for (let child = tokens.length - 1; child > node; child--)
    if (parents[child] === node) children.set(tokens[child]!, child)
  return children
}

/** Walks down the tree, to the likeliest child among the `count` likeliest tokens, as long as there is one. */
const walk = (count: number, { tree, target, position, uniform, isEnd }: VerifyInput): Verdict => {
  const accepted: number[] = []
  let rejected = 0
  let node = -1
  for (;;) {
    const distribution = target(node)
    const children = childrenOf(tree, node)
    const token = distribution.topK(count).tokens.find((likely) => children.has(likely))
    rejected += children.size - (token === undefined ? 0 : 1)
    if (token === undefined) {
      // The draw of plain decoding at this place: the seed decides it, not the draft.
      const next = distribution.draw(uniform("token", position + accepted.length))
      return { accepted, appended: [next], rejected }
    }
    node = children.get(token)!
    accepted.push(node)
    if (isEnd(token)) return { accepted, appended: [], rejected }
  }
}

/** Accepts a drafted token that is among the target's `count` likeliest. */
export const amongBest = ({ count }: AmongBestOptions): Verifier => ({
  // The likeliest token is what plain decoding says at temperature 0.
  law: count === 1 ? "exactWhenGreedy" : "lossy",
  accepts: ["point", "iid", "withoutReplacement"],
  verify: (input) => walk(count, input),
})
