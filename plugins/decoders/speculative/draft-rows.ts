import { causal, Label, type ModelInfo, type Rows, type Sequence, type Visibility } from "@parade/core"
import { auxiliaryCount, type DraftPlan } from "@parade/drafting"

/** The row each row of a round hangs on; `-1` for the first. */
const rowParents = (outstanding: number, plan: DraftPlan): Int32Array => {
  const nodes = plan.tokens.length
  const parents = new Int32Array(outstanding + nodes + auxiliaryCount(plan))
  for (let row = 0; row < parents.length; row++)
    if (row < outstanding) parents[row] = row - 1
    else if (row < outstanding + nodes) parents[row] = outstanding + plan.parents[row - outstanding]!
    else parents[row] = outstanding + plan.auxiliary!.parents[row - outstanding - nodes]!
  return parents
}

/**
 * The rows of a round: the tokens that no committed row stands for yet, then the nodes of a tree, then auxiliary rows,
 * each at the position after the row it hangs on.
 */
export const draftRows = (info: ModelInfo, { history, outstanding }: Sequence, plan: DraftPlan): Rows => {
  const { auxiliary } = plan
  const nodes = plan.tokens.length
  const axes = info.positionAxes
  const start = history.length - outstanding
  const parents = rowParents(outstanding, plan)
  const tokens = new Int32Array(parents.length)
  const labels = new Int32Array(parents.length).fill(Label.output)
  const position = new Int32Array(parents.length)
  tokens.set(history.tokens.subarray(start))
  tokens.set(plan.tokens, outstanding)
  if (auxiliary !== undefined) {
    tokens.set(auxiliary.tokens, outstanding + nodes)
    labels.fill(Label.auxiliary, outstanding + nodes)
  }
  for (let row = 0; row < parents.length; row++)
    position[row] = parents[row]! < 0 ? start : position[parents[row]!]! + 1
  const positions =
    axes === 1
      ? position
      : Int32Array.from({ length: parents.length * axes }, (_, i) => position[Math.floor(i / axes)]!)
  const rows = { tokens, positions, labels }
  return auxiliary?.vectors === undefined ? rows : { ...rows, vectors: auxiliary.vectors }
}

/** Who sees whom among the first rows of {@link draftRows}; a chain is causal, which models compute fastest. */
export const draftVisibility = (outstanding: number, plan: DraftPlan, count: number): Visibility => {
  const parents = rowParents(outstanding, plan).subarray(0, count)
  return parents.every((parent, row) => parent === row - 1)
    ? causal(parents.length)
    : { rule: "tree", parents }
}
