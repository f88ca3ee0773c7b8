import {
  type Cache,
  DecodeError,
  type DecodeFailure,
  type Model,
  type OutputRequest,
  type OutputRows,
  type Outputs,
  type Rows,
  type Sequence,
} from "@parade/core"
import { copyRows, type Draft, type DraftPlan, entryLayer } from "@parade/drafting"
import * as Effect from "effect/Effect"
import { draftRows, draftVisibility } from "./draft-rows.ts"

/** The one forward of a round. */
export interface RoundForward {
  readonly model: Model
  readonly sequence: Sequence
  readonly plan: DraftPlan
  readonly draft: Draft
  readonly outputs: readonly OutputRequest[]
}

/** Layers `[from, to)`, and how many of the round's rows are there, the first ones. */
interface Stage {
  readonly from: number
  readonly to: number
  readonly count: number
}

/** From entry to entry: rows that enter behind the first layer come last, the later ones behind the earlier. */
const stagesOf = (layers: number, plan: DraftPlan, rows: number): readonly Stage[] => {
  const { auxiliary } = plan
  const stages: Stage[] = []
  let from = 0
  const others = rows - (auxiliary?.tokens.length ?? 0)
  for (let row = 0; row < rows - others; row++) {
    const layer = entryLayer(auxiliary!, row)
    if (layer === from) continue
    stages.push({ from, to: layer, count: others + row })
    from = layer
  }
  return [...stages, { from, to: layers, count: rows }]
}

/** The stage that gives an output: the first that ends behind its layer, else the last. */
const stageGiving = (stages: readonly Stage[], name: string): Stage => {
  const layer = /^hidden\.(\d+)$/.exec(name)?.[1]
  return (layer === undefined ? undefined : stages.find(({ to }) => Number(layer) < to)) ?? stages.at(-1)!
}

const indices = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

const firstOf = (rows: Rows, count: number, vectors: Float32Array | undefined): Rows => ({
  tokens: vectors === undefined ? rows.tokens.subarray(0, count) : new Int32Array(count).fill(-1),
  positions: rows.positions.subarray(0, (rows.positions.length / rows.tokens.length) * count),
  ...(rows.labels === undefined ? {} : { labels: rows.labels.subarray(0, count) }),
  ...(vectors === undefined ? (rows.vectors === undefined ? {} : { vectors: rows.vectors }) : { vectors }),
})

/** The rows of an output from one on, as views. */
const rowsFrom = ({ count, width, data }: OutputRows, from: number): OutputRows => ({
  count: count - from,
  width,
  data: data.subarray(from * width, count * width),
  row: (index) => data.subarray((from + index) * width, (from + index + 1) * width),
})

const badVectors = (name: string, message: string): DecodeError =>
  new DecodeError({ code: `draft.${name}`, message, fault: "bug" })

/** What a draft makes of the stream as its rows enter: checked, since what is no number would spread to all rows. */
const entered = (
  { draft, plan, sequence, model }: RoundForward,
  { to: layer, count }: Stage,
  next: Stage,
  states: OutputRows,
): Effect.Effect<Float32Array, DecodeFailure> => {
  const others = sequence.outstanding + plan.tokens.length
  const rows = { layer, plan, from: count - others, to: next.count - others }
  if (draft.enter === undefined)
    return Effect.fail(
      badVectors("no-entry", `Rows enter at layer ${layer}, and the draft does not make them.`),
    )
  return Effect.flatMap(
    draft.enter({ ...rows, states: rowsFrom(states, sequence.outstanding - 1) }),
    (vectors) => {
      const floats = (next.count - count) * model.info.width
      if (vectors.length !== floats)
        return Effect.fail(
          badVectors(
            "bad-entry",
            `${next.count - count} rows enter as ${vectors.length} floats, not ${floats}.`,
          ),
        )
      return vectors.every(Number.isFinite)
        ? Effect.succeed(vectors)
        : Effect.fail(badVectors("bad-entry", `A row enters layer ${layer} with what is no finite number.`))
    },
  )
}

/**
 * Forwards the rows of a round: in one call, or where auxiliary rows enter behind the first layer, from entry to entry. The
 * rows of the text and of the tree are pending afterwards, those that entered are in no cache.
 */
export const forwardRound = (
  round: RoundForward,
  cache: Cache,
): Effect.Effect<{ readonly outputs: Outputs; readonly rows: number }, DecodeFailure> =>
  Effect.suspend(() => {
    const { model, sequence, plan, outputs } = round
    const rows = draftRows(model.info, sequence, plan)
    const total = rows.tokens.length
    const stages = stagesOf(model.info.layers, plan, total)
    const collected: Record<string, OutputRows> = {}
    const run = (i: number, vectors: Float32Array | undefined): Effect.Effect<void, DecodeFailure> => {
      const stage = stages[i]!
      const next = stages[i + 1]
      const { from, to, count } = stage
      const state = `hidden.${to}`
      const wanted = outputs.filter(({ name }) => stageGiving(stages, name) === stage)
      const forward = model.forward(firstOf(rows, count, vectors), {
        cache,
        visibility: draftVisibility(sequence.outstanding, plan, count),
        outputs: next === undefined ? wanted : [...wanted, { name: state, rows: indices(count) }],
        phase: "step",
        ...(stages.length === 1 ? {} : { layers: [from, to] as const }),
      })
      return Effect.flatMap(forward, (found) => {
        for (const { name, rows: some } of wanted)
          // Outputs are views: those of a stage that another one follows have to be copied.
          collected[name] = next === undefined ? found[name]! : copyRows(found[name]!, indices(some.length))
        if (next === undefined) return Effect.void
        const states = found[state]!
        return Effect.flatMap(entered(round, stage, next, states), (above) => {
          const floats = count * states.width
          const streams = new Float32Array(floats + above.length)
          streams.set(states.data.subarray(0, floats))
          streams.set(above, floats)
          return run(i + 1, streams)
        })
      })
    }
    return Effect.map(run(0, undefined), () => ({ outputs: collected, rows: total }))
  })
