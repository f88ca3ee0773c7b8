import {
  type AuxiliaryRows,
  type Draft,
  type DraftBudget,
  type DraftContext,
  type DraftPlan,
  type Drafter,
  emptyTree,
  nextGuesses,
  type TargetUse,
  withinBudget,
  trainedFor,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { chooseTree, type TreeCandidates, treeCandidates } from "./choose-tree.ts"
import type { DynamicTree } from "./dynamic-tree.ts"
import type { PromptEmbeddings } from "./prompt-embeddings.ts"

/** What PPD takes of its target: prompt tokens enter its forward as vectors, and their logits are read. */
export const uses: TargetUse = { auxiliary: ["logits"], vectors: true }

/** Prompt tokens, `counts[i]` of them behind node `i - 1`; the first are those behind the newest token. */
const promptRows = (
  prompts: readonly Float32Array[],
  counts: readonly number[],
  width: number,
): AuxiliaryRows => {
  const nodes = counts.length - 1
  const parents: number[] = []
  const which: number[] = []
  for (const [i, count] of counts.entries())
    for (let j = 0; j < count; j++) {
      parents.push(j === 0 ? i - 1 : nodes + parents.length - 1)
      which.push(j)
    }
  const vectors = new Float32Array(which.length * width)
  for (const [row, j] of which.entries()) vectors.set(prompts[j]!, row * width)
  return { tokens: which.map(() => -1), parents, vectors }
}

/** A round's rows: the tree of the state, its ranks filled with the guesses, and prompt tokens behind every node. */
const promptedPlan = (
  { vectors, width, accuracy }: PromptEmbeddings,
  { m, states }: DynamicTree,
  guesses: readonly Int32Array[],
): DraftPlan => {
  const state = Math.min(m, guesses.length)
  if (state === 0) return { ...emptyTree, auxiliary: promptRows(vectors, [m], width) }
  const {
    tree: { parents, levels, ranks },
    prompts,
  } = states[state - 1]!
  return {
    tokens: ranks.map((rank, node) => guesses[levels[node]! - 1]![rank]!),
    parents,
    confidence: ranks.map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
    auxiliary: promptRows(vectors, [m, ...prompts], width),
  }
}

const openDraft = (
  embeddings: PromptEmbeddings,
  candidates: TreeCandidates,
  context: DraftContext,
): Draft => {
  const { cost, history } = context
  const { accuracy } = embeddings
  const length = history.length
  const chosen = new Map<number, DynamicTree | undefined>()
  const treeWithin = (nodes: number): DynamicTree | undefined => {
    if (!chosen.has(nodes)) chosen.set(nodes, chooseTree(candidates(nodes), cost, length))
    return chosen.get(nodes)
  }
  /** The likeliest tokens of each level below the newest token: as many levels as the state says. */
  let guesses: readonly Int32Array[] = []
  /** Tokens there were when they were read. */
  let guessedAt = 0
  return {
    plan: (budget: DraftBudget) =>
      Effect.sync(() => {
        const tree = budget.nodes < 1 || budget.depth < 1 ? undefined : treeWithin(budget.nodes)
        if (guessedAt !== history.length) guesses = []
        return tree === undefined ? emptyTree : withinBudget(promptedPlan(embeddings, tree, guesses), budget)
      }),
    observe: (outcome) =>
      Effect.sync(() => {
        guesses = nextGuesses(outcome, guesses, accuracy)
        guessedAt = history.length
      }),
  }
}

/**
 * Parallel prompt decoding (Chen et al. 2024): trained vectors behind the newest token and behind every node of the tree ride
 * in the target's own forward, the `j`-th of a node guessing the token `j + 1` places on; those of the last accepted node
 * fill the tree of the next round. `rows`: nodes and their prompt tokens, at most.
 */
export const ppd = (embeddings: PromptEmbeddings, rows: number): Drafter => {
  const { width, accuracy } = embeddings
  const candidates = treeCandidates(accuracy, rows)
  return {
    name: "@parade/ppd",
    proposes: ["point"],
    ...trainedFor(embeddings),
    width,
    uses,
    accuracy,
    open: (context) => Effect.sync(() => openDraft(embeddings, candidates, context)),
  }
}
