import {
  advance,
  DecodeError,
  type DecodeFailure,
  type DraftTree,
  firstRows,
  type Model,
  type MutableSequence,
  type OutputRows,
  type Proposals,
  type RoundResult,
  type Sampler,
  type Transcript,
  uniform,
  type Verdict,
  type Verifier,
} from "@parade/core"
import { type Draft, type DraftBudget, emptyTree, pathTo } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { draftRows, draftVisibility } from "./draft-rows.ts"
import type { Planner } from "./planner.ts"

export interface RoundOptions {
  readonly model: Model
  readonly sampler: Sampler
  readonly verifier: Verifier
  readonly sequence: MutableSequence
  readonly transcript: Transcript
  readonly seed: number
  readonly draft: Draft
  readonly drafterName: string
  readonly planner: Planner
  /** Nodes verified in a round, at most. */
  readonly maxDraft: number
}

const none: readonly Proposals[] = []

/** A verdict names a path from the first level down, and leaves a text that has not ended longer than it was. */
const checkVerdict = (tree: DraftTree, { accepted, appended, rejected }: Verdict): void => {
  let parent = -1
  for (const node of accepted) {
    if (tree.parents[node] !== parent)
      throw new DecodeError({
        code: "decode.invalid-verdict",
        message: `The verifier accepted node ${node}, which is no child of node ${parent}.`,
        fault: "bug",
      })
    parent = node
  }
  if (accepted.length + appended.length === 0 || accepted.length + rejected > tree.tokens.length)
    throw new DecodeError({
      code: "decode.invalid-verdict",
      message: `Of ${tree.tokens.length} nodes the verifier accepted ${accepted.length} and rejected ${rejected}, and it appended ${appended.length} tokens.`,
      fault: "bug",
    })
}

/**
 * One round of draft and verify: plan a tree under the newest token, forward it together with the tokens still
 * outstanding, verify, and commit the rows of what stands. Whatever else was computed is dropped with the next
 * forward.
 */
export const speculativeRound = (options: RoundOptions): Effect.Effect<RoundResult, DecodeFailure> => {
  const { model, sampler, verifier, sequence, transcript, seed, draft, drafterName, planner } = options
  const { history, cache } = sequence
  const keyed = (purpose: Parameters<typeof uniform>[1], position: number, attempt?: number): number =>
    uniform(seed, purpose, position, attempt)

  const budget = (): DraftBudget => ({
    nodes: Math.min(options.maxDraft, model.info.contextLength - history.length),
    // One token is appended after the deepest accepted node, and must fit too.
    depth: transcript.remaining - 1,
  })

  const verify = (tree: DraftTree, logits: OutputRows): Verdict => {
    const verdict = verifier.verify({
      tree,
      target: (node) => {
        const path = pathTo(tree, node)
        return sampler.process(logits.row(node + 1), {
          history,
          path,
          position: history.length + path.length,
        })
      },
      position: history.length,
      uniform: keyed,
      isEnd: transcript.isEnd,
    })
    checkVerdict(tree, verdict)
    return verdict
  }

  /** Takes what stands into the text; gives how many accepted nodes did, fewer where a stop string ended it. */
  const take = (tree: DraftTree, { accepted, appended }: Verdict): number => {
    const tokens = [...accepted.map((node) => tree.tokens[node]!), ...appended]
    const count = transcript.append(
      tokens,
      tokens.map((_, i) => (i < accepted.length ? drafterName : null)),
    )
    planner.learn(count < tokens.length ? tokens.slice(0, count) : tokens)
    return Math.min(count, accepted.length)
  }

  const finish = (
    tree: DraftTree,
    verdict: Verdict,
    result: RoundResult,
  ): Effect.Effect<RoundResult, DecodeFailure> =>
    Effect.map(draft.observe({ tree, verdict }), () =>
      draft.counters === undefined ? result : { ...result, counters: draft.counters() },
    )

  /** A round without a draft; after prefill one without a forward either. */
  const plain = Effect.flatMap(
    Effect.suspend(() => advance(model, sequence)),
    (rows) => {
      const verdict = verify(emptyTree, sequence.outputs!["logits"]!)
      take(emptyTree, verdict)
      return finish(emptyTree, verdict, { forwards: rows > 0 ? 1 : 0, rows, proposals: none })
    },
  )

  const drafted = (tree: DraftTree): Effect.Effect<RoundResult, DecodeFailure> => {
    const before = sequence.outstanding
    const rows = draftRows(model.info, sequence, tree)
    const wanted = firstRows(1 + tree.tokens.length).map((row) => before - 1 + row)
    return Effect.flatMap(
      model.forward(rows, {
        cache,
        visibility: draftVisibility(before, tree),
        outputs: [{ name: "logits", rows: wanted }],
        phase: "step",
      }),
      (outputs) => {
        const verdict = verify(tree, outputs["logits"]!)
        const stood = take(tree, verdict)
        const kept = new Int32Array(before + stood)
        for (let i = 0; i < kept.length; i++)
          kept[i] = i < before ? i : before + verdict.accepted[i - before]!
        return Effect.flatMap(cache.commit(kept), () => {
          sequence.outstanding -= kept.length
          sequence.outputs = undefined
          const proposals = [
            {
              proposer: drafterName,
              proposed: tree.tokens.length,
              accepted: stood,
              rejected: verdict.rejected,
            },
          ]
          return finish(tree, verdict, { forwards: 1, rows: rows.tokens.length, proposals })
        })
      },
    )
  }

  return Effect.suspend(() =>
    sequence.outstanding === 0
      ? plain
      : Effect.flatMap(planner.plan(budget(), sequence.outstanding, cache.length), (tree) =>
          tree.tokens.length === 0 ? plain : drafted(tree),
        ),
  )
}
