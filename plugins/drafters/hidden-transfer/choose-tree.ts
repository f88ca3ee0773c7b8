import { type Accuracy, type RoundCost, type SparseTree, sparseTree } from "@parade/drafting"

/** A tree, and which of its rows carry pseudo states. */
export interface PseudoTree {
  readonly tree: SparseTree
  /** Pseudo states of a row, which is also how deep the tree is. */
  readonly steps: number
  /** `[nodes]`: whether a node carries pseudo states; the newest token always does. */
  readonly carries: readonly boolean[]
}

/** What a round may hold, and what its rows cost. */
export interface TreeLimits {
  /** Nodes at most. */
  readonly nodes: number
  /** Nodes and pseudo states together at most, beside those of the newest token. */
  readonly rows: number
  /** The share of a forward that rows pass which enter in the middle. */
  readonly upperShare: number
  readonly cost: RoundCost
  readonly context: number
}

/** `q_v`: the chance that a node is the last one accepted; the newest token, that nothing is, comes first. */
export const lastAccepted = ({ parents, values }: SparseTree): readonly number[] => {
  const chances = [1, ...values]
  for (const [node, parent] of parents.entries()) chances[parent + 1]! -= values[node]!
  // Shares that add up to 1 leave a trace of rounding.
  return chances.map((chance) => Math.max(0, chance))
}

/** The price of a round: rows that enter in the middle pass the upper layers alone. */
const roundPrice = (
  { upperShare, cost, context }: TreeLimits,
  nodes: number,
  levels: number,
  pseudo: number,
): number => {
  const below = cost.drafted(1 + nodes, levels, context)
  return below + upperShare * (cost.drafted(1 + nodes + pseudo, levels, context) - below)
}

/** The first nodes of a tree, whose beginnings are trees. */
const firstNodes = ({ parents, levels, ranks, values }: SparseTree, nodes: number): SparseTree => ({
  parents: parents.slice(0, nodes),
  levels: levels.slice(0, nodes),
  ranks: ranks.slice(0, nodes),
  values: values.slice(0, nodes),
})

/**
 * The tree that commits the most tokens a millisecond, by the accuracy of the pseudo states and the price of rows; `undefined`
 * where no tree beats one row at a time.
 *
 * Where a text is accepted up to a row without pseudo states, the next round has no drafts. Rows get them in the order of
 * their chance to be the last one accepted, `c` in all: then of two kinds of rounds, with drafts and without, those
 * with drafts are `1 / (2 - c)`.
 */
export const chooseTree = (accuracy: Accuracy, limits: TreeLimits): PseudoTree | undefined => {
  let rate = 1 / limits.cost.plain(limits.context)
  let best: PseudoTree | undefined
  for (let steps = 1; steps <= accuracy.length; steps++) {
    const whole = sparseTree(accuracy.slice(0, steps), limits.nodes)
    const empty = roundPrice(limits, 0, 0, steps)
    for (let nodes = 1; nodes <= whole.parents.length; nodes++) {
      const tree = firstNodes(whole, nodes)
      const chances = lastAccepted(tree)
      const accepted = tree.values.reduce((sum, value) => sum + value, 0)
      const order = Array.from(tree.values.keys()).sort((a, b) => chances[b + 1]! - chances[a + 1]!)
      let covered = chances[0]!
      for (let carriers = 0; carriers <= nodes; carriers++) {
        if (nodes + steps * carriers > limits.rows) break
        if (carriers > 0) covered += chances[order[carriers - 1]! + 1]!
        const drafted = 1 / (2 - Math.min(1, covered))
        const price = roundPrice(limits, nodes, steps, steps * (1 + carriers))
        const own = (1 + drafted * accepted) / (drafted * price + (1 - drafted) * empty)
        if (own <= rate) continue
        rate = own
        const chosen = new Set(order.slice(0, carriers))
        best = { tree, steps, carries: tree.values.map((_, node) => chosen.has(node)) }
      }
    }
  }
  return best
}
