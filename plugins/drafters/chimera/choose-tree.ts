import { shallow, type SparseTree, worthwhileSize } from "@parade/drafting"

/** The part of a tree that is proposed. */
export interface ChosenTree {
  readonly tree: SparseTree
  /** Its first nodes. */
  readonly nodes: number
  /** Of those nodes. */
  readonly depth: number
}

/** What a round costs that verifies so many nodes, drafted level by level. */
export type RoundCost = (nodes: number, levels: number) => number

/**
 * The part of a tree that commits the most tokens a millisecond, where every level costs a run of the drafter: the best of
 * each depth, and of those the best. `undefined` where no draft beats none.
 */
export const chooseTree = (
  whole: SparseTree,
  limits: { readonly nodes: number; readonly depth: number },
  cost: RoundCost,
): ChosenTree | undefined => {
  let best: ChosenTree | undefined
  let rate = 1 / cost(0, 0)
  for (let depth = 1; depth <= limits.depth; depth++) {
    const tree = shallow(whole, depth)
    const price = (n: number): number => cost(n, n === 0 ? 0 : depth)
    const nodes = worthwhileSize(tree, limits.nodes, price)
    const expected = tree.values.slice(0, nodes).reduce((sum, value) => sum + value, 1)
    const own = expected / price(nodes)
    const reached = tree.levels.slice(0, nodes).reduce((a, b) => Math.max(a, b), 0)
    if (own <= rate || reached < depth) continue
    rate = own
    best = { tree, nodes, depth }
  }
  return best
}
