import { type DecodeFailure, type DraftTree } from "@parade/core"
import { type DraftContext, pathTo } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { proposalFrom } from "./draft-chain.ts"
import type { Follower } from "./follower.ts"

/** A token that may become a node. */
interface Candidate {
  readonly parent: number
  readonly token: number
  readonly confidence: number
  /** The draft model's probability of the way down to it. */
  readonly reach: number
}

/**
 * A tree without chance: on every level the `branches` likeliest tokens under the nodes of the level before, by the
 * draft model's probability of the whole way. Its own forward of a level takes all nodes so far, which is cheaper
 * than keeping rows that will be given up.
 */
export const draftBeam = (
  follower: Follower,
  context: DraftContext,
  branches: number,
  budget: { readonly depth: number; readonly nodes: number },
): Effect.Effect<DraftTree, DecodeFailure> =>
  Effect.gen(function* () {
    const tokens: number[] = []
    const parents: number[] = []
    const levels: number[] = []
    const confidence: number[] = []
    const reach: number[] = []
    const tree = { tokens, parents, confidence }

    const candidatesUnder = (node: number, logits: Float32Array): readonly Candidate[] => {
      const q = proposalFrom(context.sampler, logits, context, pathTo(tree, node))
      const { tokens: likeliest, probabilities } = q.topK(branches)
      return Array.from(likeliest, (token, i) => ({
        parent: node,
        token,
        confidence: probabilities[i]!,
        reach: (node < 0 ? 1 : reach[node]!) * probabilities[i]!,
      }))
    }

    let candidates = candidatesUnder(-1, yield* follower.catchUp)
    for (let level = 1; ; level++) {
      const first = tokens.length
      const room = Math.min(branches, budget.nodes - first)
      for (const candidate of candidates.toSorted((a, b) => b.reach - a.reach).slice(0, room)) {
        tokens.push(candidate.token)
        parents.push(candidate.parent)
        levels.push(level)
        confidence.push(candidate.confidence)
        reach.push(candidate.reach)
      }
      if (level === budget.depth || tokens.length >= budget.nodes || tokens.length === first) return tree
      const newest = Array.from({ length: tokens.length - first }, (_, i) => first + i).filter(
        (node) => !context.target.info.endTokens.includes(tokens[node]!),
      )
      if (newest.length === 0) return tree
      const logits = yield* follower.look(tokens, levels, parents, newest)
      candidates = newest.flatMap((node, i) => candidatesUnder(node, logits.row(i)))
    }
  })
