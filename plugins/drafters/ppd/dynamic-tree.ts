import { type Accuracy, type SparseTree, sparseTree } from "@parade/drafting"

/** A tree for a state, and how many prompt tokens each of its nodes carries. */
export interface PromptedTree {
  readonly tree: SparseTree
  /** `[nodes]`, from 1 to `m`. */
  readonly prompts: readonly number[]
}

/** A dynamic sparse tree: for each state, the number of guesses at hand, a tree of its own. */
export interface DynamicTree {
  /** Prompt tokens `m` that the newest token carries; a node carries as many at most. */
  readonly m: number
  /** `[m]`: the tree of the states 1 to `m`, no deeper than the state. */
  readonly states: readonly PromptedTree[]
  /** `π`, `[m]`: the share of rounds that begin in each state. */
  readonly stationary: readonly number[]
  /** `R = Σ π_k f_k`: guesses accepted in a round, on average; one token more is committed. */
  readonly accepted: number
}

/** `f`: how many nodes of a tree are accepted, on average. */
export const expectedLength = ({ values }: SparseTree): number =>
  values.reduce((sum, value) => sum + value, 0)

/** `q_v`: the chance that a node is the last one accepted; that of the root, that nothing is. */
export const lastAccepted = ({
  parents,
  values,
}: SparseTree): { readonly root: number; readonly nodes: readonly number[] } => {
  const nodes = [...values]
  let root = 1
  for (const [node, parent] of parents.entries())
    if (parent < 0) root -= values[node]!
    else nodes[parent]! -= values[node]!
  // Shares that add up to 1 leave a trace of rounding.
  return { root: Math.max(0, root), nodes: nodes.map((q) => Math.max(0, q)) }
}

/** The rows of a round in a state: the newest token and its prompt tokens, the nodes and theirs. */
export const treeRows = (m: number, { prompts }: PromptedTree): number =>
  1 + m + prompts.length + prompts.reduce((sum, count) => sum + count, 0)

/** The state follows from where the round before ended: the chances of going from state `k` to state `j`. */
const transitions = (m: number, { tree, prompts }: PromptedTree): readonly number[] => {
  const row = Array.from({ length: m }, () => 0)
  const { root, nodes } = lastAccepted(tree)
  row[m - 1]! += root
  for (const [node, q] of nodes.entries()) row[prompts[node]! - 1]! += q
  return row
}

/** `π` of the chain that begins in state `m`, as a text does; half of each step stays, so that nothing goes in circles. */
const stationaryOf = (m: number, states: readonly PromptedTree[]): readonly number[] => {
  const rows = states.map((state) => transitions(m, state))
  let shares: readonly number[] = Array.from({ length: m }, (_, k) => Number(k === m - 1))
  for (let turn = 0; turn < 2000; turn++) {
    const next = shares.map((share) => share / 2)
    for (const [k, row] of rows.entries())
      for (const [j, chance] of row.entries()) next[j]! += (shares[k]! * chance) / 2
    const change = next.reduce((most, share, k) => Math.max(most, Math.abs(share - shares[k]!)), 0)
    shares = next
    if (change < 1e-12) break
  }
  const total = shares.reduce((sum, share) => sum + share, 0)
  return shares.map((share) => share / total)
}

/** Trees put together, with what they are expected to bring. */
export const dynamicTree = (m: number, states: readonly PromptedTree[]): DynamicTree => {
  const stationary = stationaryOf(m, states)
  const accepted = states.reduce((sum, { tree }, k) => sum + stationary[k]! * expectedLength(tree), 0)
  return { m, states, stationary, accepted }
}

/**
 * Prompt tokens for the nodes of a tree: `m` each, then taken away one by one where it loses least,
 * `q_v · (f_n − f_{n−1})`, until nodes and prompt tokens together are no more than `budget` rows; every node keeps one.
 */
const withPrompts = (tree: SparseTree, lengths: readonly number[], budget: number): PromptedTree => {
  const m = lengths.length
  const { nodes: q } = lastAccepted(tree)
  const prompts = tree.parents.map(() => m)
  const loss = (node: number): number => {
    const n = prompts[node]!
    return n === 1 ? Infinity : q[node]! * (lengths[n - 1]! - lengths[n - 2]!)
  }
  let over = prompts.length * (m + 1) - budget
  for (; over > 0; over--) {
    let least = -1
    // Of equals the last, which is the least likely.
    for (const node of prompts.keys())
      if (prompts[node]! > 1 && (least < 0 || loss(node) <= loss(least))) least = node
    if (least < 0) break
    prompts[least]!--
  }
  return { tree, prompts }
}

/** Sizes from least to most, few enough that all combinations can be tried. */
const grid = (least: number, most: number): readonly number[] => {
  const points = Math.min(8, most - least + 1)
  const step = points < 2 ? 0 : (most - least) / (points - 1)
  return [...new Set(Array.from({ length: points }, (_, i) => Math.round(least + i * step)))]
}

const combinations = (choices: readonly (readonly number[])[]): readonly (readonly number[])[] =>
  choices.reduce<readonly (readonly number[])[]>(
    (all, some) => all.flatMap((start) => some.map((size) => [...start, size])),
    [[]],
  )

/** Nodes of the tree of state 1, where there are further ones. */
const firstStateNodes = 10

/**
 * The dynamic sparse tree of at most `budget` rows beside the newest token and its prompt tokens, and of at most `limit`
 * nodes, whose `R` is greatest over a grid of sizes. `accuracy` has `m` rows; `budget` is 2 at least, for a node and its
 * prompt token.
 */
export const buildDynamicTree = (accuracy: Accuracy, budget: number, limit: number): DynamicTree => {
  const m = accuracy.length
  const within = (size: number): number => Math.max(1, Math.min(size, limit))
  const half = within(Math.floor(budget / 2))
  const sizes = grid(within(Math.floor(budget / (m + 1))), half)
  const choices = accuracy.map((_, k) => (k === 0 && m > 1 ? [Math.min(firstStateNodes, half)] : sizes))
  const trees = choices.map((some, k) => {
    const levels = accuracy.slice(0, k + 1)
    return new Map(some.map((size) => [size, sparseTree(levels, size)]))
  })
  let best: DynamicTree | undefined
  for (const chosen of combinations(choices)) {
    const own = chosen.map((size, k) => trees[k]!.get(size)!)
    const lengths = own.map(expectedLength)
    const made = dynamicTree(
      m,
      own.map((tree) => withPrompts(tree, lengths, budget)),
    )
    if (best === undefined || made.accepted > best.accepted) best = made
  }
  return best!
}

/** A chain of the likeliest tokens for each state, each with `m` prompt tokens: what trees are held against. */
export const chainTree = (accuracy: Accuracy, limit: number): DynamicTree => {
  const m = accuracy.length
  const levels = accuracy.slice(0, limit)
  const ranks = levels.map((row) => row.indexOf(Math.max(...row)))
  const values: number[] = []
  for (const [i, rank] of ranks.entries()) values.push((values[i - 1] ?? 1) * levels[i]![rank]!)
  return dynamicTree(
    m,
    accuracy.map((_, k) => {
      const length = Math.min(k + 1, levels.length)
      const tree: SparseTree = {
        parents: Array.from({ length }, (__, i) => i - 1),
        levels: Array.from({ length }, (__, i) => i + 1),
        ranks: ranks.slice(0, length),
        values: values.slice(0, length),
      }
      return { tree, prompts: tree.parents.map(() => m) }
    }),
  )
}
