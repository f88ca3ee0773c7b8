import type { DraftTree, Verdict, Verifier, VerifyInput } from "@parade/core"

/** The first child of `node` that carries `token`, or `-1`. Children come after their parents. */
const childWith = (tree: DraftTree, node: number, token: number): number => {
  for (let child = node + 1; child < tree.tokens.length; child++)
    if (tree.parents[child] === node && tree.tokens[child] === token) return child
  return -1
}

const childCount = (tree: DraftTree, node: number): number => {
  let count = 0
  for (let child = node + 1; child < tree.tokens.length; child++) if (tree.parents[child] === node) count++
  return count
}

/**
 * Sample and match: at every node draw the token that plain decoding draws at this position, go to the child that
 * carries it, and append it where there is none. No proposal law is needed, because the draw never looks at the
 * tree; any tree will do that was built without knowledge of the `token` draws.
 *
 * At temperature 0 this is "equal to the argmax". The children of a walked node are compared at once, so all but the
 * followed one count as rejected.
 */
export const matchTokens = (input: VerifyInput): Verdict => {
  const { tree, target, position, uniform, isEnd } = input
  const accepted: number[] = []
  let rejected = 0
  let node = -1
  for (;;) {
    const token = target(node).draw(uniform("token", position + accepted.length))
    const child = childWith(tree, node, token)
    rejected += childCount(tree, node) - (child < 0 ? 0 : 1)
    if (child < 0) return { accepted, appended: [token], rejected }
    accepted.push(child)
    if (isEnd(token)) return { accepted, appended: [], rejected }
    node = child
  }
}

/** Sample and match as a verifier. */
export const exactMatch: Verifier = {
  law: "exact",
  accepts: ["point", "iid", "withoutReplacement"],
  verify: matchTokens,
}
