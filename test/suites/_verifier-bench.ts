import {
  type Distribution,
  type DraftTree,
  type ProposalLaw,
  type Verdict,
  type Verifier,
  type VerifyInput,
} from "@parade/core"
import { mix, stream } from "../_hash.ts"
import { tableDistribution } from "../reference/distribution.ts"

/** A target as a function of the tokens on the way, and which tokens end a text. */
export interface Target {
  readonly size: number
  readonly after: (path: readonly number[]) => Distribution
  readonly isEnd: (token: number) => boolean
}

/** A random table of distributions, some tokens impossible in each, none rarer than a few per cent. */
export const randomTarget = (seed: number, size: number, endToken = -1): Target => ({
  size,
  isEnd: (token) => token === endToken,
  after: (path) => {
    const next = stream(path.reduce(mix, mix(77, seed)))
    const weights = Float64Array.from({ length: size }, () => (next() < 0.25 ? 0 : 0.2 + next()))
    if (weights.every((weight) => weight === 0)) weights[0] = 1
    return tableDistribution(weights)
  },
})

/**
 * Probable where the target is not, and the other way round, so that after a rejection several tokens are left; every
 * token is possible.
 */
export const opposedTo = (target: Target): Target => ({
  ...target,
  after: (path) => {
    const p = target.after(path)
    return tableDistribution(
      Float64Array.from({ length: p.size }, (_, token) => 0.1 + p.probability(p.size - 1 - token)),
    )
  },
})

/** The target at temperature 0. */
export const greedyTarget = (target: Target): Target => ({
  ...target,
  after: (path) => {
    const top = target.after(path).argmax()
    return tableDistribution(Float64Array.from({ length: target.size }, (_, i) => (i === top ? 1 : 0)))
  },
})

/** The tokens from the first level down to a node. */
export const pathTo = (tree: DraftTree, node: number): readonly number[] =>
  node < 0 ? [] : [...pathTo(tree, tree.parents[node]!), tree.tokens[node]!]

/** Where the tree starts in the sequence. */
export const firstPosition = 5

export const inputFor = (target: Target, tree: DraftTree, uniform: VerifyInput["uniform"]): VerifyInput => ({
  tree,
  target: (node) => target.after(pathTo(tree, node)),
  position: firstPosition,
  uniform,
  isEnd: target.isEnd,
})

/** What a verdict adds to the text. */
export const emitted = (tree: DraftTree, { accepted, appended }: Verdict): readonly number[] => [
  ...accepted.map((node) => tree.tokens[node]!),
  ...appended,
]

/** Probabilities of texts of `length` tokens, or shorter ones that end. */
export type TextLaw = Map<string, number>

/** Adds the law of texts that begin in a given way and go on as plain decoding does. */
export const addContinuations = (
  law: TextLaw,
  target: Target,
  begun: readonly number[],
  probability: number,
  length: number,
): void => {
  if (begun.length >= length || begun.some(target.isEnd)) {
    const key = begun.slice(0, length).join()
    law.set(key, (law.get(key) ?? 0) + probability)
    return
  }
  const { tokens, probabilities } = target.after(begun).support()
  for (const [i, token] of tokens.entries())
    addContinuations(law, target, [...begun, token], probability * probabilities[i]!, length)
}

/** The largest difference between two laws. */
export const lawDistance = (a: TextLaw, b: TextLaw): number => {
  let most = 0
  for (const key of new Set([...a.keys(), ...b.keys()]))
    most = Math.max(most, Math.abs((a.get(key) ?? 0) - (b.get(key) ?? 0)))
  return most
}

/** How many children are drawn below a path; none ends it. */
export type Shape = (path: readonly number[]) => number

/** A drawn tree and how probable it is. */
export interface DrawnTree {
  readonly tree: DraftTree
  readonly probability: number
}

interface Growing {
  readonly tokens: readonly number[]
  readonly parents: readonly number[]
  readonly laws: ReadonlyMap<number, ProposalLaw>
  readonly probability: number
}

/** Every tree that can be drawn from a table of `q` by a law, with its probability. */
export const drawnTrees = (
  law: "iid" | "withoutReplacement",
  q: Target,
  shape: Shape,
): readonly DrawnTree[] => {
  const results: DrawnTree[] = []
  const grow = (tree: Growing, node: number): void => {
    if (node >= tree.tokens.length) return void results.push({ tree, probability: tree.probability })
    const path = pathTo(tree, node)
    const trials = q.isEnd(path.at(-1) ?? -1) ? 0 : shape(path)
    if (trials === 0) return grow(tree, node + 1)
    const distribution = q.after(path)
    const { tokens, probabilities } = distribution.support()
    const draw = (from: Growing, drawn: readonly number[], left: number): void => {
      if (drawn.length === trials || left <= 1e-12) {
        const laws = new Map(from.laws).set(node, { law, q: distribution, trials: drawn })
        return grow({ ...from, laws }, node + 1)
      }
      for (const [i, token] of tokens.entries()) {
        const before = from.parents.findIndex((parent, j) => parent === node && from.tokens[j] === token)
        if (law === "withoutReplacement" && before >= 0) continue
        const probability = (from.probability * probabilities[i]!) / left
        const next =
          before >= 0
            ? { ...from, probability }
            : { ...from, tokens: [...from.tokens, token], parents: [...from.parents, node], probability }
        draw(
          next,
          [...drawn, before >= 0 ? before : from.tokens.length],
          law === "iid" ? 1 : left - probabilities[i]!,
        )
      }
    }
    draw(tree, [], 1)
  }
  grow({ tokens: [], parents: [], laws: new Map(), probability: 1 }, -1)
  return results
}

/** Trees of tokens below 4 chosen without chance: none, a chain, siblings, levels of siblings, a long chain. */
export const pointTrees: readonly DraftTree[] = [
  { tokens: [], parents: [] },
  { tokens: [1], parents: [-1] },
  { tokens: [2, 0], parents: [-1, 0] },
  { tokens: [0, 3, 1], parents: [-1, -1, -1] },
  { tokens: [3, 1, 0, 2], parents: [-1, -1, 0, 1] },
  { tokens: [0, 1, 2, 3, 0, 1], parents: [-1, -1, -1, -1, 1, 1] },
  { tokens: [1, 1, 1], parents: [-1, 0, 1] },
]

/** The depth of a tree. */
export const depthOf = (tree: DraftTree): number =>
  Array.from(tree.tokens).reduce<number>((most, _, node) => Math.max(most, pathTo(tree, node).length), 0)

/** How a verifier deals with one tree: the law of the text that follows. */
export const textLawOf = (
  verdicts: readonly (readonly [Verdict, number])[],
  target: Target,
  tree: DraftTree,
  length: number,
  weight: number,
  into: TextLaw,
): void => {
  for (const [verdict, probability] of verdicts)
    addContinuations(into, target, emitted(tree, verdict), probability * weight, length)
}

/** Whether a verifier understands a law. */
export const understands = (
  verifier: Verifier,
  law: ProposalLaw["law"],
  skip: (reason: string) => void,
): boolean => {
  const known = verifier.accepts.includes(law)
  if (!known) skip(`It does not accept ${law} proposals.`)
  return known
}
