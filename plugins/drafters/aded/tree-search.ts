import type { TrigramTable } from "./trigram-table.ts"

/** The constants of the search, by the names of the paper. */
export interface SearchOptions {
  readonly iterations: number
  /** Tokens of a state, with the root: one less is searched. */
  readonly length: number
  /** Weighs a successor's prior against what was found below it. */
  readonly c1: number
  /** The larger, the slower that weight grows with the visits. */
  readonly c2: number
}

/** A tree that was searched; node 0 is the root, and a parent comes before its children. */
export interface SearchTree {
  readonly tokens: readonly number[]
  readonly parents: readonly number[]
  readonly visits: readonly number[]
}

/**
 * A Monte-Carlo search of what follows the pair `(a, b)`, of which `b` is the root. Each iteration goes down to a node
 * without children, always to the child of the greatest
 *
 *     Q + P · √N / (1 + n) · (C1 + ln((N + C2 + 1) / C2))
 *
 * (Q its mean reward, n its visits, P its weight, N the visits of its parent; those never visited first), gives it all
 * successors as children, goes on from the last of them by successors drawn in proportion to their weights, and tells every
 * node on the way a reward of 1 and the weights that were passed. `draw(i)` is the i-th number in `[0, 1)`.
 */
export const searchTree = (
  table: TrigramTable,
  a: number,
  b: number,
  { iterations, length, c1, c2 }: SearchOptions,
  draw: (index: number) => number,
): SearchTree => {
  const tokens = [b]
  const parents = [-1]
  const priors = [0]
  const visits = [0]
  const rewards = [0]
  /** By node: its first child and how many there are, 0 also before it was looked for. */
  const firsts = [0]
  const counts = [0]
  let draws = 0

  const best = (node: number): number => {
    const [first, count, n] = [firsts[node]!, counts[node]!, visits[node]!]
    const scale = (c1 + Math.log((n + c2 + 1) / c2)) * Math.sqrt(n)
    let [found, most] = [first, -Infinity]
    for (let child = first; child < first + count; child++) {
      const seen = visits[child]!
      if (seen === 0) return child
      const value = rewards[child]! / seen + (scale * priors[child]!) / (1 + seen)
      if (value > most) [found, most] = [child, value]
    }
    return found
  }
  const before = (node: number): number => (node === 0 ? a : tokens[parents[node]!]!)

  for (let iteration = 0; iteration < iterations; iteration++) {
    let node = 0
    let reach = 1
    let reward = 1
    while (reach < length && counts[node]! > 0) {
      node = best(node)
      reward += priors[node]!
      reach++
    }
    const next = reach < length ? table.successors(before(node), tokens[node]!) : undefined
    if (next !== undefined) {
      firsts[node] = tokens.length
      counts[node] = next.tokens.length
      for (let i = 0; i < next.tokens.length; i++) {
        tokens.push(next.tokens[i]!)
        parents.push(node)
        priors.push(next.weights[i]!)
        visits.push(0)
        rewards.push(0)
        firsts.push(0)
        counts.push(0)
      }
      node = tokens.length - 1
      reward += priors[node]!
      reach++
    }
    let [x, y] = [before(node), tokens[node]!]
    for (; reach < length; reach++) {
      const row = table.successors(x, y)
      if (row === undefined) break
      let rest = 0
      for (const weight of row.weights) rest += weight
      rest *= draw(draws++)
      let i = 0
      while (i < row.weights.length - 1 && rest >= row.weights[i]!) rest -= row.weights[i++]!
      reward += row.weights[i]!
      ;[x, y] = [y, row.tokens[i]!]
    }
    for (; node >= 0; node = parents[node]!) {
      visits[node]!++
      rewards[node]! += reward
    }
  }
  return { tokens, parents, visits }
}
