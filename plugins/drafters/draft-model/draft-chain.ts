import {
  type DecodeFailure,
  type Distribution,
  type DraftTree,
  type ProposalLaw,
  type Sampler,
  uniform,
} from "@parade/core"
import { chain, type DraftContext } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { Follower } from "./follower.ts"

/** The distribution a token is drafted from; outlives the draft model's next forward where it must. */
export const proposalFrom = (
  sampler: Sampler,
  logits: Float32Array,
  { history }: Pick<DraftContext, "history">,
  path: readonly number[],
): Distribution =>
  sampler.process(sampler.greedy ? logits : logits.slice(), {
    history,
    path,
    position: history.length + path.length,
  })

/**
 * A chain of tokens, each drawn from the draft model's distribution after the ones before.
 *
 * With the law `iid` the draws are the drafter's own, and the distribution goes with each. With `point` they are the
 * draws the text itself will use at these positions: where the two models agree, so do the tokens, more often than
 * two independent draws would. That is no knowledge of the verification: the token plain decoding draws there does
 * not depend on what was drafted.
 */
export const draftChain = (
  follower: Follower,
  context: DraftContext,
  law: "iid" | "point",
  depth: number,
): Effect.Effect<DraftTree, DecodeFailure> =>
  Effect.gen(function* () {
    const { history, sampler, seed, target } = context
    const tokens: number[] = []
    const confidence: number[] = []
    const laws = new Map<number, ProposalLaw>()
    let logits = yield* follower.catchUp
    for (;;) {
      const q = proposalFrom(sampler, logits, context, tokens)
      const position = history.length + tokens.length
      const token = q.draw(uniform(seed, law === "iid" ? "proposal" : "token", position))
      laws.set(tokens.length - 1, { law: "iid", q, trials: [tokens.length] })
      confidence.push(q.probability(token))
      tokens.push(token)
      if (tokens.length === depth || target.info.endTokens.includes(token)) break
      logits = yield* follower.extend(token)
    }
    if (law === "iid") return chain(tokens, laws)
    // A greedy sampler is sure of everything, which says nothing.
    return sampler.greedy ? chain(tokens) : { ...chain(tokens), confidence }
  })
