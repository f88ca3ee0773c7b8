import type { DecodeFailure } from "@parade/core"
import { type DraftBudget, type DraftPlan, worthwhileSize } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { RoundCost } from "./choose-tree.ts"
import type { ContextEncoder, GrowingTree, State } from "./context-encoder.ts"
import type { ChimeraNetwork } from "./network.ts"
import { paired } from "./paired.ts"

/** What a tree is drafted with whose shape the guesses' chances give. */
export interface LikeliestGrower {
  readonly encoder: ContextEncoder
  readonly guesses: ChimeraNetwork["guesses"]
  /** The chance of a node and all above it from which on it is drafted under. */
  readonly least: number
  readonly cost: RoundCost
}

/** The nodes of the greatest values, at most so many, the greatest first; of equal ones the earlier. */
const likeliestOf = (values: readonly number[], nodes: readonly number[], most: number): readonly number[] =>
  nodes.toSorted((a, b) => values[b]! - values[a]! || a - b).slice(0, most)

/**
 * Drafts by the chances that guesses are given, as Li et al. (2024, EAGLE-2) do: the likeliest nodes of each level are drafted under,
 * and of all that came out the likeliest are proposed.
 */
export const growLikeliest = (
  { encoder, guesses, least, cost }: LikeliestGrower,
  { nodes, depth }: DraftBudget,
  { vector: state, position }: State,
): Effect.Effect<DraftPlan, DecodeFailure> =>
  Effect.gen(function* () {
    yield* encoder.absorb
    const tokens: number[] = []
    const parents: number[] = []
    const levels: number[] = []
    const chances: number[] = []
    /** Of a node and all above it. */
    const values: number[] = []
    const growing: GrowingTree = { tokens, parents, levels, estimates: new Map() }
    let frontier: readonly number[] = [-1]
    let level = 0
    while (level < depth && frontier.length > 0) {
      const found = yield* guesses[level]!(
        paired(state, yield* encoder.estimate(growing, frontier, position + 1)),
      )
      level++
      const first = tokens.length
      for (const [i, parent] of frontier.entries())
        for (const [rank, token] of found.tokens[i]!.entries()) {
          const chance = found.chances[i]![rank]!
          tokens.push(token)
          parents.push(parent)
          levels.push(level)
          chances.push(chance)
          values.push(parent < 0 ? chance : values[parent]! * chance)
        }
      const fresh = Array.from({ length: tokens.length - first }, (_, i) => first + i)
      frontier = likeliestOf(values, fresh, nodes).filter((node) => values[node]! >= least)
    }
    const order = likeliestOf(
      values,
      values.map((_, node) => node),
      nodes,
    )
    const count = worthwhileSize({ values: order.map((node) => values[node]!) }, nodes, (n) => cost(n, level))
    const sent = order.slice(0, count)
    const place = new Map([[-1, -1], ...sent.map((node, i) => [node, i] as const)])
    return {
      tokens: sent.map((node) => tokens[node]!),
      parents: sent.map((node) => place.get(parents[node]!)!),
      confidence: sent.map((node) => chances[node]!),
    }
  })
