import type { DraftTree } from "@parade/core"
import type { TrigramTable } from "./trigram-table.ts"

/** How much a tree may hold. */
export interface TreeBounds {
  readonly nodes: number
  readonly depth: number
}

/**
 * What weights are shares of: those that a text has raised above 1 in all are taken relative to each other; those counted, of
 * which only the heaviest were kept, stand for themselves.
 */
const massOf = (weights: readonly number[]): number =>
  Math.max(
    1,
    weights.reduce((sum, weight) => sum + weight, 0),
  )

/**
 * Paths as one tree in their order, equal beginnings as one: where they come most valuable first, so do the nodes, and a
 * budget of fewer takes the best of them. What is too deep or too much is left out.
 */
export const treeOfPaths = (
  table: TrigramTable,
  a: number,
  b: number,
  paths: readonly (readonly number[])[],
  { nodes, depth }: TreeBounds,
): DraftTree => {
  const tokens: number[] = []
  const parents: number[] = []
  const confidence: number[] = []
  /** By node, -1 the root: its children by token. */
  const children = new Map<number, Map<number, number>>([[-1, new Map()]])
  for (const path of paths) {
    let node = -1
    let [x, y] = [a, b]
    for (const token of path.slice(0, depth)) {
      let child = children.get(node)!.get(token)
      if (child === undefined) {
        if (tokens.length >= nodes) break
        const row = table.successors(x, y)!
        confidence.push(row.weights[row.tokens.indexOf(token)]! / massOf(row.weights))
        parents.push(node)
        child = tokens.push(token) - 1
        children.get(node)!.set(token, child)
        children.set(child, new Map())
      }
      ;[node, x, y] = [child, y, token]
    }
  }
  return { tokens, parents, confidence }
}

interface Candidate {
  readonly parent: number
  readonly token: number
  readonly share: number
  /** The product of the shares down to it. */
  readonly chance: number
  readonly depth: number
}

/** The tree of the greatest products of shares, the greatest first. */
export const likeliestTree = (
  table: TrigramTable,
  a: number,
  b: number,
  { nodes, depth }: TreeBounds,
): DraftTree => {
  const tokens: number[] = []
  const parents: number[] = []
  const confidence: number[] = []
  const frontier: Candidate[] = []
  const open = (x: number, y: number, parent: number, chance: number, level: number): void => {
    const row = level < depth ? table.successors(x, y) : undefined
    if (row === undefined) return
    const mass = massOf(row.weights)
    for (const [i, token] of row.tokens.entries()) {
      const share = row.weights[i]! / mass
      frontier.push({ parent, token, share, chance: chance * share, depth: level + 1 })
    }
  }
  open(a, b, -1, 1, 0)
  while (tokens.length < nodes && frontier.length > 0) {
    let best = 0
    for (let i = 1; i < frontier.length; i++) if (frontier[i]!.chance > frontier[best]!.chance) best = i
    const [one] = frontier.splice(best, 1) as [Candidate]
    const node = tokens.push(one.token) - 1
    parents.push(one.parent)
    confidence.push(one.share)
    open(one.parent < 0 ? b : tokens[one.parent]!, one.token, node, one.chance, one.depth)
  }
  return { tokens, parents, confidence }
}
