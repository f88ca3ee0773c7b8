import { DecodeError, type DraftTree, type ProposalLaw } from "@parade/core"
import type { DraftBudget } from "./draft-budget.ts"

/** The tree with nothing in it. */
export const emptyTree: DraftTree = { tokens: [], parents: [] }

/** A chain of tokens as a tree. */
export const chain = (tokens: ArrayLike<number>, laws?: ReadonlyMap<number, ProposalLaw>): DraftTree => {
  const parents = new Int32Array(tokens.length)
  for (let i = 0; i < tokens.length; i++) parents[i] = i - 1
  return laws === undefined ? { tokens, parents } : { tokens, parents, laws }
}

/** Whether every node is the only child of the one before it. */
export const isChain = ({ parents }: DraftTree): boolean => {
  for (let i = 0; i < parents.length; i++) if (parents[i] !== i - 1) return false
  return true
}

/** Whether chance had a hand in no sibling group. */
export const isPointTree = ({ laws }: DraftTree): boolean => {
  if (laws !== undefined) for (const { law } of laws.values()) if (law !== "point") return false
  return true
}

/** The level of every node, from 1 under the newest committed token. */
export const treeLevels = ({ parents }: DraftTree): Int32Array => {
  const levels = new Int32Array(parents.length)
  for (let i = 0; i < levels.length; i++) levels[i] = parents[i]! < 0 ? 1 : levels[parents[i]!]! + 1
  return levels
}

/** The tokens on the way from the first level down to a node, the node among them; none for `-1`. */
export const pathTo = ({ tokens, parents }: DraftTree, node: number): number[] => {
  const path: number[] = []
  for (let at = node; at >= 0; at = parents[at]!) path.push(tokens[at]!)
  return path.reverse()
}

const malformed = (message: string): DecodeError =>
  new DecodeError({ code: "draft.malformed-tree", message, fault: "bug" })

/**
 * What is wrong with a tree that a drafter planned, if anything: the decoder and every verifier rely on parents before
 * children, tokens of the vocabulary and trials that name children.
 */
export const checkTree = (tree: DraftTree, vocabularySize: number): DecodeError | undefined => {
  const { tokens, parents, laws, confidence } = tree
  if (tokens.length !== parents.length)
    return malformed(`A tree has ${tokens.length} tokens and ${parents.length} parents.`)
  if (confidence !== undefined && confidence.length !== tokens.length)
    return malformed(`A tree has ${tokens.length} tokens and ${confidence.length} confidences.`)
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const parent = parents[i]!
    if (!Number.isInteger(token) || token < 0 || token >= vocabularySize)
      return malformed(`Node ${i} proposes token ${token} of a vocabulary of ${vocabularySize}.`)
    if (!Number.isInteger(parent) || parent < -1 || parent >= i)
      return malformed(`Node ${i} names parent ${parent}; parents come before their children.`)
  }
  if (laws !== undefined)
    for (const [parent, law] of laws)
      if (law.law !== "point")
        for (let trial = 0; trial < law.trials.length; trial++)
          if (parents[law.trials[trial]!] !== parent)
            return malformed(`Node ${law.trials[trial]} is a trial under ${parent} but no child of it.`)
  return undefined
}

/**
 * The nodes named, ascending and with their parents, as a tree of their own. Drawn children go all together or stay
 * all together: choosing among them by what was drawn would bias the text.
 */
export const subtree = (tree: DraftTree, nodes: Int32Array): DraftTree => {
  if (nodes.length === tree.tokens.length) return tree
  const place = new Map<number, number>([[-1, -1]])
  for (const [i, node] of nodes.entries()) place.set(node, i)
  const laws = new Map<number, ProposalLaw>()
  for (const [parent, law] of tree.laws ?? []) {
    if (!place.has(parent)) continue
    const trials = law.law === "point" ? [] : Array.from(law.trials, (child) => place.get(child) ?? -1)
    if (!trials.includes(-1)) laws.set(place.get(parent)!, law.law === "point" ? law : { ...law, trials })
  }
  return {
    tokens: nodes.map((node) => tree.tokens[node]!),
    parents: nodes.map((node) => place.get(tree.parents[node]!)!),
    ...(laws.size === 0 ? {} : { laws }),
    ...(tree.confidence === undefined
      ? {}
      : { confidence: Float64Array.from(nodes, (node) => tree.confidence![node]!) }),
  }
}

/**
 * The nodes of a tree that are within a budget, ascending: levels beyond the depth go, and of what is left a tree
 * without drawn children keeps its first.
 *
 * @throws DecodeError `draft.over-budget` where children were drawn and there are too many.
 */
export const treeNodesWithin = (tree: DraftTree, budget: Omit<DraftBudget, "rows">): Int32Array => {
  const levels = treeLevels(tree)
  const shallow = Int32Array.from(levels.keys()).filter((node) => levels[node]! <= budget.depth)
  if (shallow.length <= budget.nodes) return shallow
  if (!isPointTree(tree))
    throw new DecodeError({
      code: "draft.over-budget",
      message: `A drafter that draws its proposals made ${shallow.length} nodes where ${budget.nodes} were allowed.`,
      fault: "bug",
    })
  return shallow.subarray(0, Math.max(0, budget.nodes))
}
