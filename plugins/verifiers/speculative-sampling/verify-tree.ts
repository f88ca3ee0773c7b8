import type { Distribution, DraftTree, ProposalLaw, Verdict, Verifier, VerifyInput } from "@parade/core"
import { residual, without } from "@parade/core"
import { type Chances, keyedChances } from "./chances.ts"

type SampledLaw = Exclude<ProposalLaw, { readonly law: "point" }>

/** What became of the children of one node: the one accepted or `-1`, the token to go on with if none was. */
interface Choice {
  readonly child: number
  readonly token: number
  readonly rejected: number
}

/**
 * Children chosen without chance: one draw from `p` decides, and the child that carries it is followed. The law is
 * that of accepting child `x` with probability `p(x)`, and the token is the one plain decoding draws here.
 */
const choosePoint = (
  tree: DraftTree,
  node: number,
  p: Distribution,
  chances: Chances,
  position: number,
): Choice => {
  const token = chances.draw(p, "token", position)
  let match = -1
  let children = 0
  for (let child = node + 1; child < tree.tokens.length; child++) {
    if (tree.parents[child] !== node) continue
    children++
    if (match < 0 && tree.tokens[child] === token) match = child
  }
  return { child: match, token, rejected: match < 0 ? children : children - 1 }
}

/**
 * Recursive rejection over the trials in the order they were drawn. Every refused trial takes `q` off the residual,
 * a token drawn a second time too: its residual is 0 by then, so it is refused, but skipping it would bias what
 * follows.
 */
const chooseSampled = (
  tree: DraftTree,
  law: SampledLaw,
  p: Distribution,
  chances: Chances,
  position: number,
): Choice => {
  const refused = new Set<number>()
  let r = p
  let q: Distribution | undefined = law.q
  for (let trial = 0; trial < law.trials.length && q !== undefined; trial++) {
    const child = law.trials[trial]!
    const token = tree.tokens[child]!
    const proposed = q.probability(token)
    // A proposal its own law cannot make says nothing; dividing by its 0 would accept it.
    if (proposed > 0 && chances.accept(r.probability(token), proposed, position, trial)) {
      refused.delete(child)
      return { child, token, rejected: refused.size }
    }
    refused.add(child)
    r = residual(r, q)
    if (law.law === "withoutReplacement") q = without(q, token)
  }
  return { child: -1, token: chances.draw(r, "residual", position), rejected: refused.size }
}

/**
 * Speculative sampling over a tree: from the newest token down, test the children of a node against the target's
 * distribution there, follow the accepted one, and where none is, append a token from what is left of the target's
 * probability. The text has exactly the target's distribution (Leviathan et al. 2022; Chen et al. 2023; SpecInfer
 * 2023 for trees).
 */
export const verifyTree = (
  { tree, target, position, isEnd }: Pick<VerifyInput, "tree" | "target" | "position" | "isEnd">,
  chances: Chances,
): Verdict => {
  const accepted: number[] = []
  let rejected = 0
  let node = -1
  for (;;) {
    const p = target(node)
    const law = tree.laws?.get(node)
    const at = position + accepted.length
    const choice =
      law === undefined || law.law === "point" || law.trials.length === 0
        ? choosePoint(tree, node, p, chances, at)
        : chooseSampled(tree, law, p, chances, at)
    rejected += choice.rejected
    if (choice.child < 0) return { accepted, appended: [choice.token], rejected }
    accepted.push(choice.child)
    if (isEnd(choice.token)) return { accepted, appended: [], rejected }
    node = choice.child
  }
}

/** Speculative sampling as a verifier. */
export const speculativeSampling: Verifier = {
  law: "exact",
  accepts: ["iid", "withoutReplacement", "point"],
  verify: (input) => verifyTree(input, keyedChances(input.uniform)),
}
