import type { Distribution, DraftTree, Verdict, Verifier, VerifyInput } from "@parade/core"

/** The constants of the rule. */
export interface TypicalAcceptanceOptions {
  /** `ε`: nothing less probable than this is accepted where the target is sure (posterior threshold). */
  readonly epsilon: number
  /** `δ`: the share of `exp(−H)` that is asked for where it is not (posterior alpha); `√ε` where left out. */
  readonly delta?: number | undefined
  /** The token after the accepted path: the target's likeliest, as in the paper, or drawn from it. */
  readonly next: "likeliest" | "drawn"
}

/** `H = −Σ p · log(p + 10⁻⁵)`, as the authors compute it. */
const entropy = (target: Distribution): number => {
  const { probabilities } = target.support()
  let sum = 0
  for (const p of probabilities) sum -= p * Math.log(p + 1e-5)
  return sum
}

/** What a token's probability has to exceed: `min(ε, δ · exp(−H))`. */
export const typicalThreshold = (
  target: Distribution,
  { epsilon, delta }: Pick<TypicalAcceptanceOptions, "epsilon" | "delta">,
): number => Math.min(epsilon, (delta ?? Math.sqrt(epsilon)) * Math.exp(-entropy(target)))

/** Whether a probability exceeds the threshold. The entropy takes a pass over the vocabulary: asked for where ε does not decide. */
const criterion = (target: Distribution, options: TypicalAcceptanceOptions): ((p: number) => boolean) => {
  let threshold: number | undefined
  return (p) => p > options.epsilon || p > (threshold ??= typicalThreshold(target, options))
}

interface Path {
  readonly nodes: readonly number[]
  /** `Σ log p` of its tokens. */
  readonly score: number
}

const childrenOf = (tree: DraftTree, node: number): readonly number[] => {
  const children: number[] = []
  for (let child = node + 1; child < tree.tokens.length; child++)
    if (tree.parents[child] === node) children.push(child)
  return children
}

/** Children that are typical after their parent, with their probabilities. */
const typicalChildren = (
  { tree, target }: VerifyInput,
  node: number,
  options: TypicalAcceptanceOptions,
): { readonly accepted: readonly (readonly [child: number, p: number])[]; readonly refused: number } => {
  const children = childrenOf(tree, node)
  if (children.length === 0) return { accepted: [], refused: 0 }
  const after = target(node)
  const isTypical = criterion(after, options)
  const accepted = children.flatMap((child) => {
    const p = after.probability(tree.tokens[child]!)
    return isTypical(p) ? [[child, p] as const] : []
  })
  return { accepted, refused: children.length - accepted.length }
}

/**
 * Typical acceptance (Cai et al. 2024, section 2.3.1): a child is accepted where its probability exceeds
 * `min(ε, δ · exp(−H))` of the target after its parent, whatever else could stand there. Of the accepted paths the
 * longest is taken, of several the likeliest, then the earliest.
 */
export const typicalAcceptance = (options: TypicalAcceptanceOptions): Verifier => ({
  law: "exactWhenGreedy",
  accepts: ["point", "iid", "withoutReplacement"],
  verify(input): Verdict {
    const { tree, target, position, uniform, isEnd } = input
    const refused = new Map<number, number>()
    let best: Path = { nodes: [], score: 0 }
    const isBetter = (path: Path): boolean =>
      path.nodes.length > best.nodes.length ||
      (path.nodes.length === best.nodes.length && path.score > best.score)
    // Accepted nodes are few and levels are bounded by the draft, so that walking all paths is cheap.
    const walk = (path: Path): void => {
      if (isBetter(path)) best = path
      const node = path.nodes.at(-1) ?? -1
      if (node >= 0 && isEnd(tree.tokens[node]!)) return
      const children = typicalChildren(input, node, options)
      refused.set(node, children.refused)
      for (const [child, p] of children.accepted)
        walk({ nodes: [...path.nodes, child], score: path.score + Math.log(p) })
    }
    walk(best)
    const { nodes } = best
    const rejected = [-1, ...nodes].reduce((sum, node) => sum + (refused.get(node) ?? 0), 0)
    const last = nodes.at(-1) ?? -1
    if (last >= 0 && isEnd(tree.tokens[last]!)) return { accepted: nodes, appended: [], rejected }
    const after = target(last)
    const token =
      options.next === "likeliest" ? after.argmax() : after.draw(uniform("token", position + nodes.length))
    return { accepted: nodes, appended: [token], rejected }
  },
})
