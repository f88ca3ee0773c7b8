import {
  advance,
  DecodeError,
  type DecodeFailure,
  type DraftTree,
  type Model,
  type MutableSequence,
  type Outputs,
  type Proposals,
  type RoundResult,
  type RowReader,
  type Transcript,
  uniform,
  type Verdict,
  type Verifier,
} from "@parade/core"
import {
  type DraftBudget,
  emptyTree,
  noReadings,
  pathTo,
  type Readings,
  type TargetUse,
} from "@parade/drafting"
import * as Effect from "effect/Effect"
import { forwardRound } from "./forward-round.ts"
import type { AskedPlan, Planner } from "./planner.ts"
import { roundOutputs, roundReadings, roundRows, rowOf } from "./readings.ts"

export interface RoundOptions {
  readonly model: Model
  /** How rows of the model become distributions in rounds that ask the drafter, which may read other outputs. */
  readonly reader: RowReader
  /** The same in all others. */
  readonly plainReader: RowReader
  /** The same of the prompt's last row. */
  readonly promptReader: RowReader
  readonly verifier: Verifier
  readonly sequence: MutableSequence
  readonly transcript: Transcript
  readonly seed: number
  readonly drafterName: string
  /** What the drafter takes of the model. */
  readonly uses: TargetUse
  readonly planner: Planner
  /** Nodes verified in a round, at most. */
  readonly maxDraft: number
}

const none: readonly Proposals[] = []

const once: NonNullable<RoundResult["counters"]> = { resting: 1 }

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
 * forward. A round in which the drafter rests is one of plain decoding, and counted as `resting`.
 */
export const speculativeRound = (options: RoundOptions): Effect.Effect<RoundResult, DecodeFailure> => {
  const { model, verifier, sequence, transcript, seed, drafterName, uses, planner } = options
  const { history, cache } = sequence
  const keyed = (purpose: Parameters<typeof uniform>[1], position: number, attempt?: number): number =>
    uniform(seed, purpose, position, attempt)

  const isReading = Object.keys(uses).length > 0

  const budget = (): DraftBudget => {
    const rows = model.info.contextLength - history.length
    // One token is appended after the deepest accepted node, and must fit too.
    return { nodes: Math.min(options.maxDraft, rows), depth: transcript.remaining - 1, rows }
  }

  /** `row`: where the outputs have what follows a node, or the newest committed token for `-1`. */
  const verify = (
    reader: RowReader,
    tree: DraftTree,
    outputs: Outputs,
    row: (node: number) => number,
  ): Verdict => {
    const verdict = verifier.verify({
      tree,
      target: (node) => {
        const path = pathTo(tree, node)
        return reader.distribution(outputs, row(node), {
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
    if (accepted.length === 0) {
      const own = transcript.append(appended)
      planner.learn(own < appended.length ? appended.slice(0, own) : appended)
      return 0
    }
    const tokens = [...accepted.map((node) => tree.tokens[node]!), ...appended]
    const count = transcript.append(
      tokens,
      tokens.map((_, i) => (i < accepted.length ? drafterName : null)),
    )
    planner.learn(count < tokens.length ? tokens.slice(0, count) : tokens)
    return Math.min(count, accepted.length)
  }

  /** Takes what the model itself says after the newest token. */
  const takeNext = (reader: RowReader): Verdict => {
    const verdict = verify(reader, emptyTree, sequence.outputs!, () => 0)
    take(emptyTree, verdict)
    return verdict
  }

  /** What follows the prompt is known from its forward. */
  const first: Effect.Effect<RoundResult, DecodeFailure> = Effect.sync(() => {
    takeNext(options.promptReader)
    return { forwards: 0, rows: 0, proposals: none }
  })

  const plain = advance(model, sequence, options.plainReader.output)

  let start = 0
  const took = (result: RoundResult): RoundResult => {
    planner.took(performance.now() - start)
    return result
  }

  /** A round of plain decoding, and as short as one. */
  const resting = Effect.map(plain, (rows) => {
    takeNext(options.plainReader)
    return took({ forwards: 1, rows, proposals: none, counters: once })
  })

  const observed = (
    { draft, plan }: AskedPlan,
    verdict: Verdict,
    readings: Readings,
    result: RoundResult,
  ): Effect.Effect<RoundResult, DecodeFailure> =>
    Effect.map(draft.observe({ tree: plan, verdict, readings }), () =>
      draft.counters === undefined ? result : { ...result, counters: draft.counters() },
    )

  const forwarded = (asked: AskedPlan): Effect.Effect<RoundResult, DecodeFailure> => {
    const { draft, plan } = asked
    const { reader } = options
    const before = sequence.outstanding
    const groups = roundRows(reader.output, before, plan)
    return Effect.flatMap(
      forwardRound({ model, sequence, plan, draft, outputs: roundOutputs(uses, groups) }, cache),
      ({ outputs, rows }) => {
        const verdict = verify(reader, plan, outputs, (node) =>
          rowOf(reader.output, uses, groups, before + node),
        )
        const stood = take(plan, verdict)
        const kept = new Int32Array(before + stood)
        for (let i = 0; i < kept.length; i++)
          kept[i] = i < before ? i : before + verdict.accepted[i - before]!
        // Outputs are views: they are read before anything else can run a forward.
        const readings = isReading ? roundReadings(uses, groups, kept, outputs) : noReadings
        return Effect.flatMap(cache.commit(kept), () => {
          sequence.outstanding -= kept.length
          sequence.outputs = undefined
          const proposals =
            plan.tokens.length === 0
              ? none
              : [
                  {
                    proposer: drafterName,
                    proposed: plan.tokens.length,
                    accepted: stood,
                    rejected: verdict.rejected,
                  },
                ]
          return observed(asked, verdict, readings, { forwards: 1, rows, proposals })
        })
      },
    )
  }

  const askedRound = (asked: AskedPlan): Effect.Effect<RoundResult, DecodeFailure> =>
    asked.plan.tokens.length === 0 && asked.plan.auxiliary === undefined && !isReading
      ? Effect.flatMap(plain, (rows) =>
          observed({ ...asked, plan: emptyTree }, takeNext(options.plainReader), noReadings, {
            forwards: 1,
            rows,
            proposals: none,
          }),
        )
      : forwarded(asked)

  return Effect.suspend(() => {
    if (sequence.outstanding === 0) return first
    start = performance.now()
    const room = budget()
    const { outstanding } = sequence
    if (planner.rests(room, outstanding, cache.length)) return resting
    return Effect.map(Effect.flatMap(planner.plan(room, outstanding, cache.length), askedRound), took)
  })
}
