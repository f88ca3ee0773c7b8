import {
  type Canvas,
  DecodeError,
  type DecodeFailure,
  type Model,
  type RoundResult,
  type Rows,
} from "@parade/core"
import {
  type CanvasState,
  type CanvasView,
  checkEdit,
  type Edit,
  editOf,
  type Refreshing,
  type Scheduling,
  type Stage,
  type Unmasker,
  type Unmasking,
} from "@parade/denoising"
import * as Effect from "effect/Effect"
import type { CanvasCache } from "./canvas-cache.ts"
import { denoise, type Denoised } from "./denoise.ts"
import type { Guidance } from "./guidance.ts"
import type { Reading } from "./reading.ts"
import { stageAfter, viewOf } from "./view.ts"
import { historyOf, stateAfter, stateOf } from "./working-canvas.ts"

export interface RoundOptions {
  readonly model: Model
  readonly reading: Reading
  readonly canvas: Canvas
  readonly prompt: Rows
  readonly cached: CanvasCache
  readonly guidance: Guidance | undefined
  readonly scheduling: Scheduling
  readonly refreshing: Refreshing
  readonly unmasker: Unmasker
  readonly unmasking: Unmasking
  readonly seed: number
  /** Rows of several candidates in one forward, at most. */
  readonly maxRows: number
  /** Whether to show what is predicted for masked positions. */
  readonly showProvisional: boolean
}

/** Positions of both, ascending. */
const positionsOf = (stage: Stage, more: Int32Array | undefined): Int32Array => {
  const [only] = stage.groups
  if (stage.groups.length === 1 && more === undefined) return only!.positions
  const all = new Set(stage.groups.flatMap(({ positions }) => [...positions]))
  for (const position of more ?? []) all.add(position)
  return Int32Array.from(all).sort()
}

/**
 * One round of denoising: a forward of the canvas as it stands, unless the last round left its predictions; what the
 * unmasker makes of them; and, where it has several candidates, one forward of all of them, whose winner stands.
 */
export const denoisingRound = (options: RoundOptions): Effect.Effect<RoundResult, DecodeFailure> => {
  const { model, reading, canvas, prompt, cached, unmasker, unmasking, seed } = options
  const promptLength = prompt.tokens.length
  let stageIndex = -1
  /** The canvas as it stands, where the last round has evaluated it. */
  let evaluated: CanvasView | undefined

  const view = (state: CanvasState, stage: Stage, denoised: Denoised, index: number): CanvasView =>
    viewOf({
      state,
      stage,
      predicted: denoised.predicted[index]!,
      history: historyOf(prompt.tokens, state),
      seed,
    })
  const step = (states: readonly CanvasState[], stage: Stage): Effect.Effect<Denoised, DecodeFailure> => {
    const [base] = states
    const wanted = positionsOf(stage, unmasker.reads?.(base!, stage))
    return denoise(
      model,
      cached,
      prompt,
      states,
      options.refreshing.plan(base!, stage),
      wanted,
      reading,
      options.maxRows,
      options.guidance,
    )
  }
  const check = (seen: CanvasView, candidates: readonly Edit[]): void => {
    for (const edit of candidates) {
      const problem = checkEdit(unmasker.name, model.info, seen, edit, candidates.length === 1)
      if (problem !== undefined) throw problem
    }
  }
  const apply = ({ positions, tokens, cut }: Edit): void => {
    if (cut !== undefined) {
      const inside = positions.map((position) => position < cut)
      canvas.place(
        positions.filter((_, i) => inside[i]),
        tokens.filter((_, i) => inside[i]),
      )
      if (canvas.reason === undefined) canvas.cut(cut)
    } else canvas.place(positions, tokens)
  }
  const suggest = ({ open }: CanvasView): void => {
    if (!options.showProvisional || canvas.reason !== undefined) return
    const { cells } = canvas
    const predicted = new Map(open.map(({ position, token }) => [position, token]))
    const start = cells.indexOf(-1)
    let end = start
    while (end < cells.length && (cells[end]! >= 0 || predicted.has(end))) end++
    if (end > start)
      canvas.suggest(
        start,
        Array.from(cells.subarray(start, end), (cell, i) => (cell < 0 ? predicted.get(start + i)! : cell)),
      )
  }
  const count = (forwards: number, rows: number, branches?: number): RoundResult => {
    const counters = {
      ...(branches === undefined ? {} : { branches }),
      ...unmasking.counters?.(),
    }
    return { forwards, rows, proposals: [], ...(Object.keys(counters).length === 0 ? {} : { counters }) }
  }

  const settled = (seen: CanvasView, candidates: readonly Edit[]): Effect.Effect<Denoised, DecodeFailure> => {
    const states = candidates.map((edit) => stateAfter(seen.state, edit))
    return Effect.flatMap(step(states, seen.stage), (denoised) => {
      const views = states.map((state, i) => view(state, stageAfter(seen.stage, state), denoised, i))
      const winner = unmasking.settle?.(candidates, views)
      if (winner === undefined || candidates[winner] === undefined)
        throw new DecodeError({
          code: "denoise.nothing-settled",
          message: `${unmasker.name} proposed ${candidates.length} candidates and chose none of them.`,
          fault: "bug",
        })
      apply(candidates[winner])
      suggest(views[winner]!)
      evaluated = views[winner]
      return Effect.as(denoised.keep(winner), denoised)
    })
  }

  return Effect.suspend(() =>
    Effect.gen(function* () {
      const state = stateOf(canvas, promptLength)
      const stage = options.scheduling.next(state)
      if (stage.index !== stageIndex) {
        evaluated = undefined
        stageIndex = stage.index
        unmasking.begin?.(state, stage)
      }
      let seen = evaluated
      evaluated = undefined
      let forwards = 0
      let rows = 0
      if (seen === undefined || !sameOpen(seen.stage, stage)) {
        const denoised = yield* step([state], stage)
        forwards = denoised.forwards
        rows = denoised.rows
        yield* denoised.keep(0)
        seen = view(state, stage, denoised, 0)
      }
      if (stage.force) {
        apply(editOf(seen.open))
        return count(forwards, rows)
      }
      const candidates = unmasking.propose(seen)
      check(seen, candidates)
      if (candidates.length === 1) {
        apply(candidates[0])
        suggest(seen)
        return count(forwards, rows)
      }
      const denoised = yield* settled(seen, candidates)
      return count(forwards + denoised.forwards, rows + denoised.rows, candidates.length)
    }),
  )
}

const sameOpen = (a: Stage, b: Stage): boolean => {
  const [left, right] = [positionsOf(a, undefined), positionsOf(b, undefined)]
  return left.length === right.length && left.every((position, i) => position === right[i])
}
