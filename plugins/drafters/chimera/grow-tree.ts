import { type DecodeFailure, largest, type Model } from "@parade/core"
import type { Accuracy, DraftPlan } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { ChosenTree } from "./choose-tree.ts"
import type { ContextEncoder, GrowingTree, State } from "./context-encoder.ts"
import type { ChimeraNetwork } from "./network.ts"
import { paired } from "./paired.ts"

/** What a tree of a given shape is drafted with. */
export interface TreeGrower {
  readonly encoder: ContextEncoder
  readonly heads: ChimeraNetwork["heads"]
  /** The target's LM head. */
  readonly head: NonNullable<Model["head"]>
  readonly accuracy: Accuracy
}

/** Drafts the nodes of a tree level by level. */
export const growTree = (
  { encoder, heads, head, accuracy }: TreeGrower,
  { tree, nodes, depth }: ChosenTree,
  { vector: state, position }: State,
): Effect.Effect<DraftPlan, DecodeFailure> =>
  Effect.gen(function* () {
    yield* encoder.absorb
    const { parents, levels, ranks } = tree
    const tokens = new Int32Array(nodes)
    const growing: GrowingTree = { tokens, parents, levels, estimates: new Map() }
    for (let level = 1; level <= depth; level++) {
      const children = Array.from({ length: nodes }, (_, node) => node).filter(
        (node) => levels[node] === level,
      )
      const frontier = [...new Set(children.map((node) => parents[node]!))]
      const o = yield* encoder.estimate(growing, frontier, position + 1)
      const logits = yield* Effect.flatMap(heads[level - 1]!(paired(state, o)), head)
      for (const [i, parent] of frontier.entries()) {
        const own = children.filter((node) => parents[node] === parent)
        const most = own.reduce((a, node) => Math.max(a, ranks[node]!), 0)
        const guesses = largest(logits.row(i), most + 1)
        for (const node of own) tokens[node] = guesses[ranks[node]!]!
      }
    }
    return {
      tokens,
      parents: parents.slice(0, nodes),
      confidence: ranks.slice(0, nodes).map((rank, node) => accuracy[levels[node]! - 1]![rank]!),
    }
  })
