import { causal, Label, type ModelInfo, type Rows, type Sequence, type Visibility } from "@parade/core"
import { type DraftTree } from "@parade/core"
import { isChain, treeLevels } from "@parade/drafting"

/**
 * The rows of a round: the tokens that no committed row stands for yet, then the nodes of a tree, each at the position
 * it would have in the text.
 */
export const draftRows = (info: ModelInfo, { history, outstanding }: Sequence, tree: DraftTree): Rows => {
  const nodes = tree.tokens.length
  const axes = info.positionAxes
  const start = history.length - outstanding
  const tokens = new Int32Array(outstanding + nodes)
  const positions = new Int32Array((outstanding + nodes) * axes)
  const levels = treeLevels(tree)
  tokens.set(history.tokens.subarray(start))
  tokens.set(tree.tokens, outstanding)
  for (let row = 0; row < tokens.length; row++) {
    const position = row < outstanding ? start + row : history.length - 1 + levels[row - outstanding]!
    positions.fill(position, row * axes, (row + 1) * axes)
  }
  return { tokens, positions, labels: new Int32Array(tokens.length).fill(Label.output) }
}

/** Who sees whom among the rows of {@link draftRows}; a chain is causal, which models compute fastest. */
export const draftVisibility = (outstanding: number, tree: DraftTree): Visibility => {
  const rows = outstanding + tree.tokens.length
  if (isChain(tree)) return causal(rows)
  const parents = new Int32Array(rows)
  for (let row = 0; row < rows; row++)
    parents[row] = row < outstanding ? row - 1 : outstanding + tree.parents[row - outstanding]!
  return { rule: "tree", parents }
}
