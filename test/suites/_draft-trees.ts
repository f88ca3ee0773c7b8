import assert from "node:assert/strict"
import type { Distribution, DraftTree, ModelInfo, ProposalLaw } from "@parade/core"
import { type DraftBudget, type DraftPlan, type Drafter, treeLevels } from "@parade/drafting"

/** What a tree may be. */
export interface Soundness {
  readonly budget: DraftBudget
  readonly info: ModelInfo
  readonly drafter: Drafter
}

const assertTrials = (tree: DraftTree, parent: number, law: ProposalLaw): void => {
  if (law.law === "point") return
  const children = Array.from(tree.parents.length === 0 ? [] : tree.parents, (p, i) =>
    p === parent ? i : -1,
  ).filter((node) => node >= 0)
  const trials = Array.from(law.trials)
  assert.deepEqual(
    [...new Set(trials)].sort((a, b) => a - b),
    children,
    `the trials under ${parent} are its children, each at least once`,
  )
  if (law.law === "withoutReplacement")
    assert.equal(new Set(trials).size, trials.length, "no child is drawn twice")
  for (const child of children)
    assert.ok(law.q.probability(tree.tokens[child]!) > 0, `node ${child} was drawn, its law says never`)
}

const assertAuxiliary = (plan: DraftPlan, { budget, info, drafter }: Soundness): void => {
  const { tokens = [], parents = [], layers = [], vectors } = plan.auxiliary ?? {}
  const nodes = plan.tokens.length
  const rows = nodes + tokens.length
  assert.ok(tokens.length === 0 || rows <= budget.rows, `${rows} rows of ${budget.rows}`)
  assert.equal(parents.length, tokens.length, "a parent for every auxiliary row")
  assert.ok(layers.length === 0 || layers.length === tokens.length, "a layer for every auxiliary row")
  let count = 0
  for (let row = 0; row < tokens.length; row++) {
    const layer = layers[row] ?? 0
    assert.ok(layer >= (layers[row - 1] ?? 0), `row ${row} enters at layer ${layer}, behind a later one`)
    assert.ok(layer === 0 || drafter.uses?.enters?.includes(layer) === true, `layer ${layer} is declared`)
    const [token, parent] = [tokens[row]!, parents[row]!]
    assert.ok(Number.isInteger(parent) && parent >= -1 && parent < nodes + row, `row ${row} under ${parent}`)
    assert.ok(
      Number.isInteger(token) && token >= -1 && token < info.vocabularySize,
      `token ${token} of ${info.vocabularySize}`,
    )
    if (token === -1 && layer === 0) count++
    assert.ok(layer === 0 || token === -1, `row ${row} enters at layer ${layer} as a vector`)
  }
  assert.ok(count === 0 || drafter.uses?.vectors === true, "vectors are declared")
  assert.equal(vectors?.length ?? 0, count * info.width, `${count} vectors`)
}

/** Asserts that a plan is within its budget, well formed, and true to what its drafter declares. */
export const assertSound = (tree: DraftPlan, soundness: Soundness): void => {
  const { budget, info, drafter } = soundness
  const { vocabularySize } = info
  const { tokens, parents, confidence } = tree
  assertAuxiliary(tree, soundness)
  assert.equal(parents.length, tokens.length, "a parent for every token")
  assert.ok(tokens.length <= budget.nodes, `${tokens.length} nodes of ${budget.nodes}`)
  const seen = new Set<string>()
  for (let node = 0; node < tokens.length; node++) {
    const [token, parent] = [tokens[node]!, parents[node]!]
    assert.ok(Number.isInteger(parent) && parent >= -1 && parent < node, `node ${node} under ${parent}`)
    assert.ok(
      Number.isInteger(token) && token >= 0 && token < vocabularySize,
      `token ${token} of ${vocabularySize}`,
    )
    assert.ok(!seen.has(`${parent}/${token}`), `token ${token} stands twice under ${parent}`)
    seen.add(`${parent}/${token}`)
  }
  for (const level of treeLevels(tree)) assert.ok(level <= budget.depth, `level ${level} of ${budget.depth}`)
  if (confidence !== undefined) assert.equal(confidence.length, tokens.length, "a confidence for every token")
  for (const parent of new Set([...Array.from(parents), ...(tree.laws?.keys() ?? [])])) {
    const law: ProposalLaw = tree.laws?.get(parent) ?? { law: "point" }
    assert.ok(
      drafter.proposes.includes(law.law),
      `proposes by ${law.law}, declares ${drafter.proposes.join(", ")}`,
    )
    assertTrials(tree, parent, law)
  }
}

/** The first one or two tokens drawn under the root, and the law they should follow; none for point proposals. */
export const trialsOf = (
  tree: DraftTree,
): { readonly key: string; readonly law: Map<string, number> } | undefined => {
  const root = tree.laws?.get(-1)
  if (root === undefined || root.law === "point") return undefined
  const drawn = Array.from(root.trials).slice(0, 2)
  return {
    key: drawn.map((node) => tree.tokens[node]!).join(),
    law: drawn.length === 1 ? singles(root.q) : pairs(root.q, root.law === "iid"),
  }
}

const entries = (q: Distribution): readonly (readonly [number, number])[] => {
  const { tokens, probabilities } = q.support()
  return Array.from(tokens, (token, i) => [token, probabilities[i]!] as const)
}

const singles = (q: Distribution): Map<string, number> =>
  new Map(entries(q).map(([token, p]) => [`${token}`, p]))

const pairs = (q: Distribution, again: boolean): Map<string, number> =>
  new Map(
    entries(q).flatMap(([a, p]) =>
      entries(q)
        .filter(([b]) => again || b !== a)
        .map(([b, r]) => [`${a},${b}`, again ? p * r : (p * r) / (1 - p)] as const),
    ),
  )
