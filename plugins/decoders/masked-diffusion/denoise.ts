import {
  bidirectional,
  type DecodeFailure,
  type Model,
  type OutputRequest,
  type Outputs,
  type Rows,
  type Visibility,
} from "@parade/core"
import { type CanvasState, predictingPosition, type RowPlan } from "@parade/denoising"
import * as Effect from "effect/Effect"
import { type CanvasCache } from "./canvas-cache.ts"
import { canvasRows } from "./canvas-rows.ts"
import { type Guidance, mixed } from "./guidance.ts"
import type { PredictedRow, Reading } from "./reading.ts"

/** What predicts some positions of one state. */
export interface Predicted {
  readonly positions: Int32Array
  /** By index into `positions`. */
  readonly row: (index: number) => PredictedRow
}

export interface Denoised {
  /** One per state, in order. */
  readonly predicted: readonly Predicted[]
  readonly forwards: number
  readonly rows: number
  /** Keeps what the plan keeps, of the rows of one state. */
  readonly keep: (state: number) => Effect.Effect<void, DecodeFailure>
}

/** The positions of both, which ascend, each once. */
const union = (a: Int32Array, b: Int32Array): Int32Array => {
  const all = new Int32Array(a.length + b.length)
  let count = 0
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const x = a[i] ?? Infinity
    const y = b[j] ?? Infinity
    const next = Math.min(x, y)
    if (count === 0 || all[count - 1] !== next) all[count++] = next
    if (x === next) i++
    if (y === next) j++
  }
  return all.subarray(0, count)
}

const visibilityOf = (
  { positions }: CanvasCache,
  { attend, rank }: RowPlan,
  compute: Int32Array,
  states: readonly CanvasState[],
): Visibility => {
  const seen = new Set(attend)
  const cached =
    attend === undefined
      ? {}
      : { cached: positions.flatMap((position, column) => (seen.has(position) ? [column] : [])) }
  if (rank !== undefined)
    return {
      rule: "ranked",
      ranks: Array.from(compute, (position) => rank(position, states[0]!)),
      ...cached,
    }
  if (states.length === 1) return { ...bidirectional(compute.length), ...cached }
  const branches = Int32Array.from({ length: states.length * compute.length }, (_, row) =>
    Math.floor(row / compute.length),
  )
  return { rule: "branches", branches, mutual: true, ...cached }
}

/** What is left of the rows where those are not computed that no row wanted can see. */
const seenBy = (
  wanted: Int32Array,
  { rank }: RowPlan,
  compute: Int32Array,
  states: readonly CanvasState[],
): Int32Array => {
  const [state] = states
  if (rank === undefined || states.length > 1) return compute
  const highest = wanted.reduce((most, position) => Math.max(most, rank(position, state!)), -Infinity)
  return compute.filter((position) => rank(position, state!) <= highest)
}

/** Copies of rows, for when another forward comes before they are read. */
const copied = (outputs: Outputs): Outputs =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, output]) => {
      const data = output.data.slice()
      const row = (i: number): Float32Array => data.subarray(i * output.width, (i + 1) * output.width)
      return [name, { ...output, data, row }]
    }),
  )

/**
 * One step of denoising: the rows of a plan, as each state has them, through the model; states see the cache and
 * themselves. Gives what predicts `wanted` positions. Several states go through one forward as far as `maxRows` and ranks
 * allow. Under guidance every forward is two, the second of the same rows without what was given.
 */
export const denoise = (
  model: Model,
  cached: CanvasCache,
  prompt: Rows,
  states: readonly CanvasState[],
  plan: RowPlan,
  wanted: Int32Array,
  reading: Reading,
  maxRows: number,
  guidance?: Guidance,
): Effect.Effect<Denoised, DecodeFailure> =>
  Effect.gen(function* () {
    const { info } = model
    const { cache } = cached
    const { promptLength, length } = states[0]!
    const predicting = wanted.map((position) => predictingPosition(info, position, promptLength))
    const all = union(plan.compute, predicting)
    const compute = seenBy(union(plan.keep, predicting), plan, all, states)
    const indexOf = new Map(Array.from(compute, (position, index) => [position, index]))
    // A row that is computed only to predict its neighbour is fresher than the one that it replaces.
    const planned = new Set(plan.compute)
    const extra = compute.filter((position) => !planned.has(position))
    const kept = union(plan.keep, extra)
    const fresh = new Set(all)
    const stays = (position: number): boolean => !fresh.has(position) && position < length
    yield* cached.keepOnly(stays)
    if (guidance !== undefined) yield* guidance.cached.keepOnly(stays)
    /** The same rows for the first forward and, under guidance, for the second. */
    const forward = (some: readonly CanvasState[], outputs: readonly OutputRequest[], guided: boolean) =>
      model.forward(
        guided
          ? canvasRows(info, guidance!.prompt, some.map(guidance!.without), compute)
          : canvasRows(info, prompt, some, compute),
        {
          cache: guided ? guidance!.cached.cache : cache,
          visibility: visibilityOf(cached, plan, compute, some),
          outputs,
          phase: "step",
        },
      )

    const room = Math.floor(maxRows / compute.length)
    const together = plan.rank === undefined ? Math.max(1, Math.min(states.length, room)) : 1
    const split = together < states.length
    const predicted: Predicted[] = []
    let forwards = 0
    for (let from = 0; from < states.length; from += together) {
      const some = states.slice(from, from + together)
      const read = some.flatMap((_, k) =>
        Array.from(predicting, (position) => k * compute.length + indexOf.get(position)!),
      )
      const requests = reading.requests({ rows: read, positions: wanted, states: some })
      let outputs = yield* forward(some, requests, false)
      forwards++
      if (split || guidance !== undefined) outputs = copied(outputs)
      if (guidance !== undefined) {
        const unguided = yield* forward(some, requests, true)
        forwards++
        for (const { name } of requests) mixed(outputs[name]!.data, unguided[name]!.data, guidance.strength)
      }
      for (let k = 0; k < some.length; k++)
        predicted.push({
          positions: wanted,
          row: (index) => reading.row(outputs, requests, k * wanted.length + index),
        })
    }

    const keep = (state: number): Effect.Effect<void, DecodeFailure> =>
      Effect.suspend(() => {
        const rows = Array.from(kept, (position) => indexOf.get(position)!)
        if (rows.length === 0) return Effect.void
        const caches = guidance === undefined ? [cached] : [cached, guidance.cached]
        const commit = (branch: number) =>
          Effect.forEach(
            caches,
            (one) =>
              one.commit(
                rows.map((row) => branch * compute.length + row),
                kept,
              ),
            { discard: true },
          )
        if (!split) return commit(state)
        // Only the rows of the last forward are pending.
        return Effect.flatMap(
          Effect.forEach(caches, (_, i) => forward([states[state]!], [], i > 0), { discard: true }),
          () => commit(0),
        )
      })
    const computed = states.length * compute.length
    return { predicted, forwards, rows: guidance === undefined ? computed : 2 * computed, keep }
  })
