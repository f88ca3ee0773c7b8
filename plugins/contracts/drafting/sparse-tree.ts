/**
 * How often guesses for the tokens ahead are right, of trained heads or prompt tokens: `[head][rank]`, the share of
 * positions at which exactly the token of that rank (0 the likeliest) of that head (0 the first) is the model's own.
 */
export type Accuracy = readonly (readonly number[])[]

/** A tree of ranks, the most valuable nodes first; every beginning of it is a tree. */
export interface SparseTree {
  /** `[nodes]`: a smaller index, or `-1`. */
  readonly parents: readonly number[]
  /** `[nodes]`: from 1; the head that proposes the node's token. */
  readonly levels: readonly number[]
  /** `[nodes]`: which of the head's tokens, from 0. */
  readonly ranks: readonly number[]
  /** `[nodes]`: the chance that the node is right and all above it are, `Π accuracy`. */
  readonly values: readonly number[]
}

/** The ranks of a head, the most accurate first: measured ones need not fall with the rank. */
const byAccuracy = (row: readonly number[]): readonly number[] =>
  Array.from(row.keys()).sort((a, b) => row[b]! - row[a]! || a - b)

interface Candidate {
  readonly parent: number
  readonly level: number
  /** Place of the rank among the head's, by accuracy. */
  readonly place: number
  readonly value: number
}

/**
 * The most valuable tree of so many nodes: paths are taken by the product of their accuracies, greatest first. As a path is worth at most what its beginning is, this is also the best of all trees of the
 * size (Cai et al. 2024, section 2.3.3). Fewer nodes where the table has no more.
 */
export const sparseTree = (accuracy: Accuracy, nodes: number): SparseTree => {
  const orders = accuracy.map(byAccuracy)
  const tree = {
    parents: [] as number[],
    levels: [] as number[],
    ranks: [] as number[],
    values: [] as number[],
  }
  const frontier: Candidate[] = []
  const offer = (parent: number, level: number, place: number): void => {
    const rank = orders[level - 1]?.[place]
    if (rank === undefined) return
    const above = parent < 0 ? 1 : tree.values[parent]!
    frontier.push({ parent, level, place, value: above * accuracy[level - 1]![rank]! })
  }
  offer(-1, 1, 0)
  while (tree.parents.length < nodes && frontier.length > 0) {
    let best = 0
    for (let i = 1; i < frontier.length; i++) if (frontier[i]!.value > frontier[best]!.value) best = i
    const [{ parent, level, place, value }] = frontier.splice(best, 1) as [Candidate]
    const node = tree.parents.length
    tree.parents.push(parent)
    tree.levels.push(level)
    tree.ranks.push(orders[level - 1]![place]!)
    tree.values.push(value)
    offer(parent, level, place + 1)
    offer(node, level + 1, 0)
  }
  return tree
}

/** The part of a tree that is no deeper than `depth`. */
export const shallow = (tree: SparseTree, depth: number): SparseTree => {
  const kept = tree.levels.flatMap((level, node) => (level <= depth ? [node] : []))
  if (kept.length === tree.levels.length) return tree
  const place = new Map([[-1, -1], ...kept.map((node, i) => [node, i] as const)])
  return {
    parents: kept.map((node) => place.get(tree.parents[node]!)!),
    levels: kept.map((node) => tree.levels[node]!),
    ranks: kept.map((node) => tree.ranks[node]!),
    values: kept.map((node) => tree.values[node]!),
  }
}

/**
 * How many nodes of a tree to verify, at most `limit`: as many as give the most tokens a millisecond, `(1 + Σ value) /
 * cost`, where `cost(0)` is the price of a round without a draft. Every chain of first ranks is worth no more than the
 * tree of its size, so what is chosen is never slower than a chain of any length.
 */
export const worthwhileSize = (
  { values }: Pick<SparseTree, "values">,
  limit: number,
  cost: (nodes: number) => number,
): number => {
  let expected = 1
  let best = 1 / cost(0)
  let size = 0
  for (let n = 1; n <= Math.min(limit, values.length); n++) {
    expected += values[n - 1]!
    const rate = expected / cost(n)
    if (rate > best) {
      best = rate
      size = n
    }
  }
  return size
}
