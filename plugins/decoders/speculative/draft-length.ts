import type { CostModel, DraftTree } from "@parade/core"
import type { Acceptance } from "./acceptance.ts"

/**
 * The price of rows where nobody has measured it: each further row costs 14 % of the first, about what a quantised
 * model of 100 million parameters was measured to take on a CPU.
 */
export const assumedCost: CostModel = {
  milliseconds: (rows) => 1 + 0.14 * (rows - 1),
  source: "assumed",
}

/**
 * The price of rows where it is not to count: a round costs the same whatever is in it, and so much that what drafting costs
 * does not count either.
 */
export const freeRows: CostModel = { milliseconds: () => 1e6, source: "rows are taken as free" }

/** Free drafts have to promise this much more than plain decoding, because the promise is an estimate. */
const margin = 1.04

/**
 * The nodes of a tree that are worth a row each: those that maximise the expected tokens per millisecond of the
 * round, `(1 + Σ reach) / cost(rows)`, where a node's reach is the chance that it and all above it stand. Ascending;
 * with a node its parent. Only for trees of `point` proposals: choosing among drawn ones would bias the text.
 */
export const worthwhileNodes = (
  tree: DraftTree,
  acceptance: Acceptance,
  /** The price of a round that verifies so many nodes. */
  cost: (nodes: number) => number,
): Int32Array => {
  const count = tree.tokens.length
  const level = new Int32Array(count)
  const reach = new Float64Array(count)
  const order = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const parent = tree.parents[i]!
    level[i] = parent < 0 ? 1 : level[parent]! + 1
    reach[i] = (parent < 0 ? 1 : reach[parent]!) * acceptance.ofNode(tree.confidence?.[i], level[i]!)
    order[i] = i
  }
  // A child's reach is at most its parent's, so every beginning of this order is a tree.
  order.sort((a, b) => reach[b]! - reach[a]! || a - b)
  let expected = 1
  let best = margin / cost(0)
  let nodes = 0
  for (let n = 1; n <= count; n++) {
    expected += reach[order[n - 1]!]!
    const rate = expected / cost(n)
    if (rate > best) {
      best = rate
      nodes = n
    }
  }
  return order.subarray(0, nodes).sort()
}

/**
 * The depth from 1 to `limit` that brings the most expected tokens per millisecond, where drafting itself costs time or draws
 * tokens; `cost(depth)` is the price of a round that drafts so deep.
 */
export const bestDepth = (acceptance: Acceptance, limit: number, cost: (depth: number) => number): number => {
  let expected = 1
  let reach = 1
  let best = 0
  let depth = 1
  for (let d = 1; d <= limit; d++) {
    reach *= acceptance.ofLevel(d)
    expected += reach
    const rate = expected / cost(d)
    if (rate > best) {
      best = rate
      depth = d
    }
  }
  return depth
}
