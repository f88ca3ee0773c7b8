import { type CacheFactory, DecodeError, type Model, type ProposalLaw, RequestError } from "@parade/core"
import { type Draft, type DraftContext, type Drafter, emptyTree } from "@parade/drafting"
import * as Effect from "effect/Effect"
import type { DraftModelConfig } from "./config.ts"
import { draftBeam } from "./draft-beam.ts"
import { draftChain } from "./draft-chain.ts"
import { type Follower, openFollower } from "./follower.ts"

const cannotFollow = (
  model: Model,
  { target, history }: DraftContext,
): DecodeError | RequestError | undefined => {
  if (model.info.vocabularyFingerprint !== target.info.vocabularyFingerprint)
    return new DecodeError({
      code: "draft.vocabulary-mismatch",
      message: `${model.info.name} has another vocabulary than ${target.info.name}.`,
      advice: "Draft with a model that has the target's tokenizer.",
    })
  if (history.tokens.includes(-1))
    return new RequestError({
      code: "draft.vector-prompt",
      message: "A draft model cannot read the vectors of a prompt made for another model.",
      advice: "Use a drafter without a network, such as @parade/prompt-lookup.",
    })
  return undefined
}

const lawsOf = ({ law, branches }: DraftModelConfig): readonly ("point" | "iid")[] =>
  branches > 1 ? ["point"] : law === "auto" ? ["point", "iid"] : [law]

const planOf = (
  model: Model,
  follower: Follower,
  context: DraftContext,
  config: DraftModelConfig,
  law: "point" | "iid",
): Draft["plan"] => {
  const { history } = context
  return (budget) =>
    Effect.suspend(() => {
      const room = model.info.contextLength - history.length
      if (room < 0) return Effect.succeed(emptyTree)
      const depth = Math.min(config.draftLength, budget.depth, budget.nodes, room + 1)
      if (depth < 1) return Effect.succeed(emptyTree)
      return config.branches === 1
        ? draftChain(follower, context, law, depth)
        : draftBeam(follower, context, config.branches, { depth, nodes: Math.min(budget.nodes, room) })
    })
}

/**
 * A drafter that lets a smaller model of the same vocabulary run ahead: a chain drawn from it, or a tree of its
 * likeliest tokens. Its forwards and rows are counted as `draftForwards` and `draftRows`.
 */
export const draftModel = (model: Model, caches: CacheFactory, config: DraftModelConfig): Drafter => {
  const proposes = lawsOf(config)
  return {
    name: "@parade/draft-model",
    proposes,
    vocabularyFingerprint: model.info.vocabularyFingerprint,
    work: `${model.info.name} ${model.info.dtype} of ${model.info.weightBytes} bytes on ${model.info.device}, ${config.branches}`,
    open: Effect.fnUntraced(function* (context) {
      const problem = cannotFollow(model, context)
      if (problem !== undefined) return yield* Effect.fail(problem)
      const isProposed = (law: ProposalLaw["law"]): law is "point" | "iid" =>
        law !== "withoutReplacement" && proposes.includes(law)
      const follower = yield* openFollower(model, caches, context.history)
      return {
        plan: planOf(model, follower, context, config, context.accepts.find(isProposed) ?? proposes[0]!),
        observe: () => Effect.void,
        counters: follower.counters,
      }
    }),
  }
}
