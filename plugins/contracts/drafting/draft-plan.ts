import { DecodeError, type DraftTree, type ModelInfo } from "@parade/core"
import type { DraftBudget } from "./draft-budget.ts"
import { checkTree, subtree, treeNodesWithin } from "./draft-tree.ts"
import type { TargetUse } from "./target-use.ts"

/**
 * Rows that ride along with the proposals of a round: computed for the drafter, which reads outputs at them, never
 * verified and never committed. Each stands one position after its parent and sees the text, its ancestors and itself;
 * nothing but its own descendants sees it.
 */
export interface AuxiliaryRows {
  /** `[rows]`: a token, or `-1` where the row is a vector. */
  readonly tokens: ArrayLike<number>
  /** `[number of -1 rows that enter at the first layer, width]`, in row order, each in place of an embedding row. */
  readonly vectors?: Float32Array
  /**
   * `[rows]`: `-1` the newest committed token, `0 … nodes-1` a node of the tree, `nodes + j` the auxiliary row `j`,
   * which must come before.
   */
  readonly parents: ArrayLike<number>
  /**
   * `[rows]`, not descending: the layer a row enters at; `0`, the first, for all where absent. A row that enters
   * behind the first layer is `-1` without a vector in the plan: the draft makes its vector once the rows before have come
   * so far (`enter` of `Draft`). Others see it, and it sees others, in the layers from there on alone.
   */
  readonly layers?: ArrayLike<number>
}

/** What a drafter plans for a round: a tree of proposals, and the rows it wants computed beside them. */
export interface DraftPlan extends DraftTree {
  readonly auxiliary?: AuxiliaryRows
}

const malformed = (message: string): DecodeError =>
  new DecodeError({ code: "draft.malformed-tree", message, fault: "bug" })

/** How many auxiliary rows a plan has. */
export const auxiliaryCount = ({ auxiliary }: DraftPlan): number => auxiliary?.tokens.length ?? 0

/** The layer an auxiliary row enters at. */
export const entryLayer = ({ layers }: AuxiliaryRows, row: number): number => layers?.[row] ?? 0

/** Whether an auxiliary row is a vector that comes with the plan. */
const isPlannedVector = (rows: AuxiliaryRows, row: number): boolean =>
  rows.tokens[row] === -1 && entryLayer(rows, row) === 0

const checkLayers = ({ tokens, layers = [] }: AuxiliaryRows, use: TargetUse): DecodeError | undefined => {
  if (layers.length !== 0 && layers.length !== tokens.length)
    return malformed(`${tokens.length} auxiliary rows have ${layers.length} layers.`)
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!
    if (layer < (layers[i - 1] ?? 0))
      return malformed(`Auxiliary row ${i} enters at layer ${layer}, before the one in front of it.`)
    if (layer === 0) continue
    if (use.enters?.includes(layer) !== true)
      return malformed(`Auxiliary row ${i} enters at layer ${layer}, which the drafter does not say it uses.`)
    if (tokens[i] !== -1) return malformed(`Auxiliary row ${i} enters at layer ${layer} as a token.`)
    const before = use.auxiliary?.find((name) => Number(/^hidden\.(\d+)$/.exec(name)?.[1] ?? layer) < layer)
    if (before !== undefined)
      return malformed(`Auxiliary row ${i} enters at layer ${layer}, where ${before} has passed.`)
  }
  return undefined
}

const checkAuxiliary = (
  rows: AuxiliaryRows,
  nodes: number,
  info: Pick<ModelInfo, "vocabularySize" | "width">,
  use: TargetUse,
): DecodeError | undefined => {
  const { tokens, vectors, parents } = rows
  if (tokens.length !== parents.length)
    return malformed(`${tokens.length} auxiliary rows have ${parents.length} parents.`)
  const misplaced = checkLayers(rows, use)
  if (misplaced !== undefined) return misplaced
  let count = 0
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!
    const parent = parents[i]!
    if (token === -1) count += Number(isPlannedVector(rows, i))
    else if (!Number.isInteger(token) || token < 0 || token >= info.vocabularySize)
      return malformed(`Auxiliary row ${i} is token ${token} of a vocabulary of ${info.vocabularySize}.`)
    if (!Number.isInteger(parent) || parent < -1 || parent >= nodes + i)
      return malformed(`Auxiliary row ${i} names parent ${parent}; parents come before their children.`)
  }
  if (count > 0 && use.vectors !== true)
    return malformed("Auxiliary rows are vectors, which the drafter does not say it uses.")
  if (count * info.width !== (vectors?.length ?? 0))
    return malformed(`${count} vectors of ${info.width} floats came as ${vectors?.length ?? 0} floats.`)
  return undefined
}

/** What is wrong with a plan, if anything; see {@link checkTree}. */
export const checkPlan = (
  plan: DraftPlan,
  info: Pick<ModelInfo, "vocabularySize" | "width">,
  use: TargetUse = {},
): DecodeError | undefined =>
  checkTree(plan, info.vocabularySize) ??
  (plan.auxiliary === undefined ? undefined : checkAuxiliary(plan.auxiliary, plan.tokens.length, info, use))

/** The auxiliary rows whose ancestors are all among the nodes kept, the first `limit` of them. */
const auxiliaryOf = (plan: DraftPlan, nodes: Int32Array, limit: number): AuxiliaryRows | undefined => {
  const { auxiliary } = plan
  if (auxiliary === undefined) return undefined
  const place = new Map<number, number>([[-1, -1]])
  for (const [i, node] of nodes.entries()) place.set(node, i)
  const width = (auxiliary.vectors?.length ?? 0) / Math.max(1, countVectors(auxiliary))
  const tokens: number[] = []
  const parents: number[] = []
  const layers: number[] = []
  const vectors: number[] = []
  for (let i = 0, vector = 0; i < auxiliary.tokens.length; i++) {
    const token = auxiliary.tokens[i]!
    const at = isPlannedVector(auxiliary, i) ? vector++ : -1
    const parent = place.get(auxiliary.parents[i]!)
    if (parent === undefined || tokens.length >= limit) continue
    place.set(plan.tokens.length + i, nodes.length + tokens.length)
    tokens.push(token)
    parents.push(parent)
    layers.push(entryLayer(auxiliary, i))
    if (at >= 0) vectors.push(at)
  }
  if (tokens.length === 0) return undefined
  const rows = auxiliary.layers === undefined ? { tokens, parents } : { tokens, parents, layers }
  if (vectors.length === 0) return rows
  const kept = new Float32Array(vectors.length * width)
  for (const [i, at] of vectors.entries())
    kept.set(auxiliary.vectors!.subarray(at * width, (at + 1) * width), i * width)
  return { ...rows, vectors: kept }
}

const countVectors = (rows: AuxiliaryRows): number => {
  let count = 0
  for (let i = 0; i < rows.tokens.length; i++) count += Number(isPlannedVector(rows, i))
  return count
}

/** The nodes named, ascending and with their parents, and the auxiliary rows that hang on what is left. */
export const subplan = (plan: DraftPlan, nodes: Int32Array, auxiliaryLimit: number = Infinity): DraftPlan => {
  const { tokens, parents, laws, confidence } = subtree(plan, nodes)
  const auxiliary = auxiliaryOf(plan, nodes, auxiliaryLimit)
  return {
    tokens,
    parents,
    ...(laws === undefined ? {} : { laws }),
    ...(confidence === undefined ? {} : { confidence }),
    ...(auxiliary === undefined ? {} : { auxiliary }),
  }
}

/**
 * The part of a plan that keeps within a budget. Of the tree, levels beyond the depth go, and of what is left a tree
 * without drawn children keeps its first nodes; then as many auxiliary rows stay as there is room for. Where children
 * were drawn, a cut that depends on how many different ones there are would bias the text, so there the drafter must
 * keep to the number of nodes itself.
 *
 * @throws DecodeError `draft.over-budget`.
 */
export const withinBudget = (plan: DraftPlan, budget: DraftBudget): DraftPlan => {
  const nodes = treeNodesWithin(plan, budget)
  const room = Math.max(0, budget.rows - nodes.length)
  return nodes.length === plan.tokens.length && auxiliaryCount(plan) <= room
    ? plan
    : subplan(plan, nodes, room)
}
